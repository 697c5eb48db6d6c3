// What a verdict is made of, and what it is.
import { z } from 'zod';
import { conditionsOf, difference } from './conditions.ts';
import type { Status } from './decision.ts';
import { type Cause, causes, type Lane, type Source } from './experiment.ts';
import { outcomeSchema } from './outcome.ts';
import type { FrontierFiles } from './retraction.ts';

/** An attempt that has a durable outcome: what `result.json` holds. */
export const attemptResultSchema = z.strictObject({
  n: z.number().int().positive(),
  cause: z.enum(causes),
  seed: z.number().int(),
  trainSha256: z.string(),
  outcome: outcomeSchema,
});
export type AttemptResult = Readonly<z.infer<typeof attemptResultSchema>>;

/** The accepted head and what it takes to beat it. */
export interface Tip extends FrontierFiles {
  readonly commit: string;
  readonly bpb: number;
  /** Noise of one measurement, in bits per byte, where something tells it. */
  readonly sigma?: number | undefined;
  /** How far numbers on the lane's own seed lie above those on the seeds that decide, and of how many files that is the mean. */
  readonly ownSeed?: { readonly above: number; readonly from: number } | undefined;
  /** Conditions of the baseline: the lane's, for good. */
  readonly conditions: string;
}

export interface Trial {
  readonly experiment: string;
  readonly source: Source;
  readonly base: string | null;
  /** Metric of the commit that the edit was made on; null for the baseline. */
  readonly baseBpb: number | null;
  /** The same on the lane's own seed, where others decided. */
  readonly baseScreen?: number | undefined;
  /** In order, without gaps, from attempt 1. */
  readonly results: readonly AttemptResult[];
  /** The proposer had no repair for the trivial crash. */
  readonly unfixable: boolean;
}

export interface Verdict {
  readonly kind: 'verdict';
  readonly status: Status;
  readonly reason: string;
  readonly sentence: string;
  readonly valBpb: number | null;
  readonly error: string;
  /** The attempt whose file, times and memory the row shows. */
  readonly decisive: AttemptResult;
}

/** Not yet: another attempt is needed, for this cause. */
export interface Retry {
  readonly kind: 'retry';
  readonly cause: Cause;
  readonly sentence: string;
}

export type Policy = Pick<Lane, 'confirm' | 'evidence' | 'seed' | 'requireSealed' | 'clocks'>;

/** Standard errors that a win may be worse by on unseen text: an honest one is refuted once in tens of thousands. */
const UNSEEN_ERRORS = 4;

/** The discard of a win that is not there on text that no run was asked; null where it may well be. */
export function refuteUnseen(attempts: readonly AttemptResult[], m: number): Verdict | null {
  for (const t of attempts) {
    const { gap = null, error = null } = t.outcome.sealed?.unseen ?? {};
    if (gap === null || error === null || gap <= UNSEEN_ERRORS * error) continue;
    const sentence = `on text that no run was asked it is ${gap.toFixed(6)} worse, and chance explains ${error.toFixed(6)}; look for what its train.py remembers`;
    return verdict(attempts[0]!, 'discard', 'unseen', sentence, m);
  }
  return null;
}

export function refuseOther(t: AttemptResult, conditions: string, policy: Policy): Verdict | null {
  const other = difference(conditions, conditionsHere(t, policy));
  const sentence = `measured under other conditions: ${other}`.slice(0, 500);
  return other ? verdict(t, 'discard', 'conditions', sentence, metricOf(t)) : null;
}

export function refuseUnsealed(t: AttemptResult, policy: Policy): Verdict | null {
  if (!policy.requireSealed || t.outcome.sealed!.sealed !== 'none') return null;
  const sentence =
    'the lane requires a sealed measurement and this machine gave none; see autoresearch doctor';
  return { ...crash(t), reason: 'unsealed', sentence, error: 'unsealed' };
}

/** The Conditions of one finished attempt. */
export function conditionsHere(t: AttemptResult, policy: Policy): string {
  return conditionsOf(t.outcome.sealed!, t.outcome.image, policy.clocks.budgetSeconds);
}

export function metricOf(t: AttemptResult): number {
  const bpb = t.outcome.sealed?.val_bpb;
  if (t.outcome.kind !== 'finished' || bpb == null || !(bpb > 0) || !Number.isFinite(bpb))
    throw new Error(`attempt ${t.n} counts as finished without a usable metric (I5)`);
  return bpb;
}

/** Rounded to six decimals like a single measurement: what is printed is what decides. */
export function mean(values: readonly number[]): number {
  return Math.round((values.reduce((a, b) => a + b, 0) / values.length) * 1e6) / 1e6;
}

export function retry(cause: Cause, sentence: string): Retry {
  return { kind: 'retry', cause, sentence };
}

export function crash(t: AttemptResult): Verdict {
  const { reason, sentence } = t.outcome;
  return { kind: 'verdict', status: 'crash', reason, sentence, valBpb: null, error: reason, decisive: t };
}

export function verdict(
  t: AttemptResult,
  status: Status,
  reason: string,
  sentence: string,
  bpb: number,
): Verdict {
  return { kind: 'verdict', status, reason, sentence, valBpb: bpb, error: '', decisive: t };
}
