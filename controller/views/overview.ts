// A lane as `status` and the page tell it: what it is at, and what came of it so far.
import { z } from 'zod';
import type { Decision } from '../core/decision.ts';
import { trendOf } from '../report/trend.ts';
import { isLost } from './row.ts';

/** An experiment without a verdict. */
const trialSchema = z.strictObject({
  experiment: z.string(),
  description: z.string(),
  source: z.string(),
  attempt: z.number().int(),
  /** Why the run waits, where it does. */
  waits: z.string(),
  /** Since when; null where it does not wait, or nobody knows. Left out by older releases. */
  waitsSinceMs: z.number().nullable().optional(),
  /** The last line of its log, where that lies on this machine: what train.py says, not what was measured. */
  says: z.string(),
  /** When its run began; null where it waits, or where nobody on this machine knows. */
  sinceMs: z.number().nullable(),
});
export type TrialView = Readonly<z.infer<typeof trialSchema>>;

const capsSchema = z.strictObject({
  experiments: z.number().nullable(),
  hours: z.number().nullable(),
  usd: z.number().nullable(),
});

const spendSchema = z.strictObject({
  usd: z.number(),
  /** The lane's own cap when the last call was made. */
  capUsd: z.number(),
  /** Null before anything beyond the baseline was kept. */
  usdPerKeep: z.number().nullable(),
  calls: z.number().int(),
  /** Of them, those whose answer or a part of it could not be used. Left out by older releases. */
  refused: z.number().int().optional(),
});

/** What the lane was begun with, and stays; null where an older release did not write it down. */
const begunViewSchema = z.strictObject({
  trainer: z.string().nullable(),
  budgetSeconds: z.number().nullable(),
  clock: z.string().nullable(),
  seed: z.number().int().nullable(),
  confirm: z.number().int().nullable(),
  requireSealed: z.boolean().nullable(),
  text: z.string().nullable(),
  /** Left out by older releases: seeds that decide, and where its first train.py is from; '' for the trainer's own. */
  evidence: z.number().int().nullable().optional(),
  firstFile: z.string().optional(),
});

/** What is known of the noise of the lane. */
const noiseSchema = z.strictObject({
  /** Standard deviation of one measurement in bits per byte, and its degrees of freedom; null where nothing was repeated. */
  noise: z.strictObject({ sigma: z.number(), from: z.number().int() }).nullable(),
  /** What replays found of the gain of a commit over the baseline, with 95 % between low and high; null without one. */
  reproduction: z
    .strictObject({
      experiment: z.string(),
      commit: z.string(),
      claimed: z.number(),
      gain: z.number(),
      low: z.number(),
      high: z.number(),
      seeds: z.number().int(),
      /** On another validation text than that of the rows. */
      unseen: z.boolean(),
    })
    .nullable(),
});

export const overviewSchema = z.strictObject({
  lane: z.string(),
  version: z.string(),
  /** running, paused, stopped and the like: a word or two, or a sentence where something is wrong. */
  state: z.string(),
  /** Why it waits, does not run or has stopped; '' where all goes well. */
  why: z.string(),
  decided: z.number().int(),
  /** On trial, or waiting to be. */
  open: z.array(trialSchema),
  /** Ids of open ones that train now. */
  training: z.array(z.string()),
  /** Why the other runs do not begin. */
  waits: z.array(z.strictObject({ experiment: z.string(), sentence: z.string() })),
  /** Decided beyond the baseline, and what became of them. `lost` ones are the machine's, and no crashes. */
  experiments: z.number().int(),
  kept: z.number().int(),
  discarded: z.number().int(),
  crashed: z.number().int(),
  lost: z.number().int(),
  sinceLastKeep: z.number().int(),
  baselineBpb: z.number().nullable(),
  bestBpb: z.number().nullable(),
  /** The newest keep: what the next edit is made on. */
  tip: z.strictObject({ experiment: z.string(), commit: z.string(), description: z.string() }).nullable(),
  /** Fall of the frontier per machine hour. */
  gainPerHour: z.number().nullable(),
  /** Keeps over experiments, 0 to 1. */
  keepRate: z.number().nullable(),
  /** How often each error word ended one, most frequent first. */
  crashCauses: z.array(z.strictObject({ error: z.string(), count: z.number().int() })),
  guidance: z.string(),
  /** Those that a person set by `limit`. */
  caps: capsSchema,
  /** Those that hold: the tighter of a person's and the lane's own. Null where none is known here. */
  capsInForce: capsSchema,
  /** Machine hours of all runs, those of open experiments too. */
  hours: z.number(),
  /** Null where the lane never spent anything. */
  usd: z.number().nullable(),
  calls: z.number().int(),
  spend: spendSchema.nullable(),
  begun: begunViewSchema.nullable(),
  /** Entropy of a made-up text; null where it is not known. */
  floorBpb: z.number().nullable(),
  /** Left out by older releases. */
  noise: noiseSchema.optional(),
});
export type LaneOverview = Readonly<z.infer<typeof overviewSchema>>;

/** The part of a view that decisions alone tell. They stand in order. */
export function progressView(decisions: readonly Decision[]) {
  const trend = trendOf(decisions);
  const lost = decisions.filter(isLost).length;
  const tip = decisions.findLast((d) => d.status === 'keep');
  return {
    decided: decisions.length,
    experiments: trend.experiments,
    kept: trend.kept,
    discarded: trend.discarded,
    crashed: trend.crashed - lost,
    lost,
    sinceLastKeep: trend.plateau,
    baselineBpb: trend.baselineBpb,
    bestBpb: trend.bestBpb,
    tip: tip ? { experiment: tip.experiment, commit: tip.commit, description: tip.description } : null,
    gainPerHour: trend.gainPerHour,
    keepRate: trend.keepRate,
    crashCauses: trend.crashes.map(([error, count]) => ({ error, count })),
  };
}
