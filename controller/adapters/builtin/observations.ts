// The history of a lane as points: which value every knob had, and what came out.
import type { Brief, PastExperiment } from '../../core/brief.ts';
import { changesIn, type KnobChange } from './knob-changes.ts';
import type { Knob } from './knobs.ts';

/** Values of all knobs by name, as Python literals. */
export type Values = ReadonlyMap<string, string>;

export interface Observation {
  readonly changes: readonly KnobChange[];
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
export function observationsOf(brief: Pick<Brief, 'past' | 'tipBpb'>, knobs: readonly Knob[]): Observation[] {
  const values = new Map([[brief.tipBpb, new Map(knobs.map((k) => [k.name, k.literal])) as Values]]);
  for (const past of brief.past.toReversed()) {
    if (past.status !== 'keep' || past.valBpb === null || past.baseBpb === null) continue;
    const after = values.get(past.valBpb);
    if (after && !values.has(past.baseBpb))
      values.set(past.baseBpb, withoutChanges(after, changesIn(past.description)));
  }
  const observations: Observation[] = [];
  const recent = brief.past.length - 2 * REMEMBERED;
  for (const past of brief.past.filter(({ status }, i) => i >= recent || status === 'keep')) {
    const observation = observationOf(past, values);
    if (!observation) continue;
    observations.push(observation);
    if (past.status === 'keep' && observation.bpb !== null && !values.has(observation.bpb))
      values.set(observation.bpb, observation.values);
  }
  const remembered = observations.slice(-REMEMBERED);
  if (remembered.some((t) => t.bpb === brief.tipBpb)) return remembered;
  return [...remembered, { changes: [], values: values.get(brief.tipBpb)!, bpb: brief.tipBpb, gain: 0 }];
}

function observationOf(past: PastExperiment, values: ReadonlyMap<number, Values>): Observation | null {
  const changes = changesIn(past.description);
  if (past.baseBpb === null) {
    const own = past.valBpb === null ? undefined : values.get(past.valBpb);
    return own ? { changes: [], values: own, bpb: past.valBpb, gain: 0 } : null;
  }
  const base = values.get(past.baseBpb);
  if (!base || changes.length === 0 || !changes.every((m) => base.has(m.name))) return null;
  const bpb = past.status === 'crash' ? null : past.valBpb;
  return { changes, values: withChanges(base, changes), bpb, gain: bpb === null ? null : past.baseBpb - bpb };
}

export function withChanges(values: Values, changes: readonly KnobChange[]): Values {
  return new Map([...values, ...changes.map((m): [string, string] => [m.name, m.to])]);
}

function withoutChanges(values: Values, changes: readonly KnobChange[]): Values {
  const known = changes.filter((m) => values.has(m.name));
  return new Map([...values, ...known.map((m): [string, string] => [m.name, m.from])]);
}
