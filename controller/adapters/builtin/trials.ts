// The history of a lane as points: which value every knob had, and what came out.
import type { Brief, Past } from '../../core/brief.ts';
import type { Knob } from './knobs.ts';
import { type Move, movesIn } from './moves.ts';

/** Values of all knobs by name, as Python literals. */
export type Values = ReadonlyMap<string, string>;

export interface Trial {
  readonly moves: readonly Move[];
  readonly values: Values;
  /** Null: it crashed. */
  readonly bpb: number | null;
  /** What it gained on the commit it was made on; null where it crashed. */
  readonly gain: number | null;
}

/** Older results say little about the file as it is now. */
const REMEMBERED = 80;

/**
 * What the past tells about the knobs, oldest first. The tip's values stand in its train.py; those of older commits
 * follow by taking back, one keep after the other, what descriptions say was moved. An edit that names no move
 * (a person's, a model's) is no trial, but what came before it still is one.
 */
export function trialsOf(brief: Pick<Brief, 'past' | 'tipBpb'>, knobs: readonly Knob[]): Trial[] {
  const values = new Map([[brief.tipBpb, new Map(knobs.map((k) => [k.name, k.literal])) as Values]]);
  for (const past of brief.past.toReversed()) {
    if (past.status !== 'keep' || past.valBpb === null || past.baseBpb === null) continue;
    const after = values.get(past.valBpb);
    if (after && !values.has(past.baseBpb))
      values.set(past.baseBpb, movedBack(after, movesIn(past.description)));
  }
  const trials: Trial[] = [];
  const recent = brief.past.length - 2 * REMEMBERED;
  for (const past of brief.past.filter(({ status }, i) => i >= recent || status === 'keep')) {
    const trial = trialOf(past, values);
    if (!trial) continue;
    trials.push(trial);
    if (past.status === 'keep' && trial.bpb !== null && !values.has(trial.bpb))
      values.set(trial.bpb, trial.values);
  }
  const remembered = trials.slice(-REMEMBERED);
  if (remembered.some((t) => t.bpb === brief.tipBpb)) return remembered;
  return [...remembered, { moves: [], values: values.get(brief.tipBpb)!, bpb: brief.tipBpb, gain: 0 }];
}

function trialOf(past: Past, values: ReadonlyMap<number, Values>): Trial | null {
  const moves = movesIn(past.description);
  if (past.baseBpb === null) {
    const own = past.valBpb === null ? undefined : values.get(past.valBpb);
    return own ? { moves: [], values: own, bpb: past.valBpb, gain: 0 } : null;
  }
  const base = values.get(past.baseBpb);
  if (!base || moves.length === 0 || !moves.every((m) => base.has(m.name))) return null;
  const bpb = past.status === 'crash' ? null : past.valBpb;
  return { moves, values: moved(base, moves), bpb, gain: bpb === null ? null : past.baseBpb - bpb };
}

export function moved(values: Values, moves: readonly Move[]): Values {
  return new Map([...values, ...moves.map((m): [string, string] => [m.name, m.to])]);
}

function movedBack(values: Values, moves: readonly Move[]): Values {
  const known = moves.filter((m) => values.has(m.name));
  return new Map([...values, ...known.map((m): [string, string] => [m.name, m.from])]);
}
