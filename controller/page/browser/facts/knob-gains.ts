// Which knobs, and which kinds of edit, pay: told from the words of the edits, as `WIDTH 128 -> 160: why`.
import type { PageRow } from '../../schema.ts';
import { changeOf } from './rows.ts';

interface KnobGain {
  /** The constant, or the kind of the edit where it moves none. */
  readonly name: string;
  readonly isKnob: boolean;
  readonly tries: number;
  readonly kept: number;
  readonly crashed: number;
  /** What its keeps took off the best, in bits per byte. */
  readonly gain: number;
  /** The best change that was measured; below 0 is better. Null where nothing was measured. */
  readonly best: number | null;
  readonly hours: number;
  /** What was kept last: `160`; '' where nothing was. */
  readonly value: string;
}

const KNOB = /^([A-Z][A-Z0-9_]+)\s+(\S+)\s*(?:->|→)\s*(\S+?)(?::|,|$|\s)/;

/** Those that gained most first, then those that were tried most. The baseline is no edit. */
export function knobsOf(rows: readonly PageRow[]): KnobGain[] {
  const found = new Map<string, KnobGain>();
  for (const row of rows) {
    if (row.base === null) continue;
    const [, knob, , value] = KNOB.exec(row.description) ?? [];
    const name = knob ?? `other edits by ${row.source}`;
    const so = found.get(name) ?? empty(name, knob !== undefined);
    found.set(name, added(so, row, value ?? ''));
  }
  return [...found.values()].sort((a, b) => b.gain - a.gain || b.tries - a.tries);
}

function empty(name: string, isKnob: boolean): KnobGain {
  return { name, isKnob, tries: 0, kept: 0, crashed: 0, gain: 0, best: null, hours: 0, value: '' };
}

function added(so: KnobGain, row: PageRow, value: string): KnobGain {
  const change = changeOf(row);
  const kept = row.status === 'keep';
  return {
    ...so,
    tries: so.tries + 1,
    kept: so.kept + (kept ? 1 : 0),
    crashed: so.crashed + (row.status === 'crash' ? 1 : 0),
    gain: so.gain + (kept && change !== null ? Math.max(0, -change) : 0),
    best: change === null ? so.best : Math.min(change, so.best ?? change),
    hours: so.hours + row.spentSeconds / 3600,
    value: kept ? value : so.value,
  };
}
