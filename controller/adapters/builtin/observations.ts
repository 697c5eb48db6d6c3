// The history of a lane as points: which value every knob had, and what came out.
import type { Brief, PastExperiment } from '../../brief.ts';
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
  const here: Values = new Map(knobs.map((k) => [k.name, k.literal]));
  const files = new Map<Commit, File>([[brief.tipBpb, { values: here, bpb: brief.tipBpb }]]);
  const add = (commits: readonly Commit[], file: File) => {
    for (const commit of commits) if (!files.has(commit)) files.set(commit, file);
  };
  for (const past of brief.past.toReversed()) {
    if (past.status !== 'keep' || past.valBpb === null || past.baseBpb === null) continue;
    const after = files.get(past.valBpb);
    if (!after) continue;
    add([past.experiment], after);
    const values = withoutChanges(after.values, changesIn(past.description));
    add(madeOn(past), { values, bpb: past.baseBpb });
  }
  const observations: Observation[] = [];
  const recent = brief.past.length - 2 * REMEMBERED;
  for (const past of brief.past.filter(({ status }, i) => i >= recent || status === 'keep')) {
    const observation = observationOf(past, files);
    if (!observation) continue;
    observations.push(observation);
    const { values, bpb } = observation;
    if (past.status === 'keep' && bpb !== null) add([past.experiment, bpb], { values, bpb });
  }
  const remembered = observations.slice(-REMEMBERED);
  if (remembered.some((t) => t.bpb === brief.tipBpb)) return remembered;
  return [...remembered, { changes: [], values: here, bpb: brief.tipBpb, gain: 0 }];
}

/** A commit by the experiment that made it, or by its metric where that is not known. */
type Commit = string | number;

interface File {
  readonly values: Values;
  readonly bpb: number;
}

/** What an edit was made on. Where seeds decide, its metric is on another seed than that of the commit. */
function madeOn({ parent, baseBpb }: PastExperiment): Commit[] {
  return [parent ?? null, baseBpb].filter((base) => base !== null);
}

function observationOf(past: PastExperiment, files: ReadonlyMap<Commit, File>): Observation | null {
  const { valBpb, baseBpb } = past;
  const changes = changesIn(past.description);
  if (baseBpb === null) {
    const own = valBpb === null ? undefined : files.get(valBpb);
    return own ? { changes: [], values: own.values, bpb: valBpb, gain: 0 } : null;
  }
  const base = madeOn(past).flatMap((commit) => files.get(commit) ?? [])[0];
  if (!base || changes.length === 0 || !changes.every((m) => base.values.has(m.name))) return null;
  const values = withChanges(base.values, changes);
  if (past.status === 'crash' || valBpb === null) return { changes, values, bpb: null, gain: null };
  const gain = baseBpb - valBpb;
  return { changes, values, bpb: base.bpb === baseBpb ? valBpb : base.bpb - gain, gain };
}

export function withChanges(values: Values, changes: readonly KnobChange[]): Values {
  return new Map([...values, ...changes.map((m): [string, string] => [m.name, m.to])]);
}

function withoutChanges(values: Values, changes: readonly KnobChange[]): Values {
  const known = changes.filter((m) => values.has(m.name));
  return new Map([...values, ...known.map((m): [string, string] => [m.name, m.from])]);
}
