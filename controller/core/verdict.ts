// judge: the one place where a number becomes a verdict. Pure; a restart with the same facts says the same.

import { z } from 'zod';
import { conditionsOf, difference } from './conditions.ts';
import type { Status } from './decision.ts';
import { BASELINE, type Cause, causes, type Lane, type Source } from './experiment.ts';
import { isGpuLoss, outcomeSchema } from './outcome.ts';
import { afterRetraction, type FrontierFiles } from './retraction.ts';

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
  /** Conditions of the baseline: the lane's, for good. */
  readonly conditions: string;
}

interface Trial {
  readonly experiment: string;
  readonly source: Source;
  readonly base: string | null;
  /** Metric of the commit that the edit was made on; null for the baseline. */
  readonly baseBpb: number | null;
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

type Policy = Pick<Lane, 'confirm' | 'requireSealed' | 'clocks'>;

/** Lost attempts after which the machine, not the idea, ends the experiment. */
export const LOST_AT_MOST = 3;

/** What a machine lacks, whatever a train.py does: no number of such losses ends an experiment. */
const LACKING = new Set('disk setup unsealed unstarted slow_start refused_by_node'.split(' '));

/** Whether only the words of a log say that the machine lost it. */
export function blamedByLog({ sealed, reason }: AttemptResult['outcome']): boolean {
  return sealed?.status === 'crashed' && isGpuLoss(reason);
}

/**
 * The verdict on a trial, or why it is tried again. `tip` is null only before the baseline is kept.
 * The rules stand in the order in which they apply.
 */
export function judge(trial: Trial, tip: Tip | null, policy: Policy): Verdict | Retry {
  const last = trial.results.at(-1);
  if (!last) return retry('first', 'not tried yet');
  if (last.outcome.kind === 'lost') return afterLoss(trial.results, last);

  const measured = trial.results.filter((t) => t.outcome.kind !== 'lost');
  if (trial.experiment === BASELINE) return judgeBaseline(measured, policy);
  if (!tip) throw new Error(`experiment ${trial.experiment} ran before the baseline was kept`);

  const { candidate, confirms, needsFix } = roles(measured);
  if (needsFix && !trial.unfixable)
    return retry('fix', `${candidate.outcome.reason}: one automated fix is tried`);
  if (candidate.outcome.kind === 'crashed') return crash(candidate);

  for (const t of [candidate, ...confirms]) {
    if (t.outcome.kind === 'crashed') continue;
    const refusal = refuseOther(t, tip.conditions, policy) ?? refuseUnsealed(t, policy);
    if (refusal) return refusal;
  }
  return compare(trial, candidate, confirms, tip, policy);
}

/**
 * Why there is another attempt after these, if there is one. It follows from them alone: the frontier may move while
 * the attempt runs, and a restart must recognise it all the same (I9).
 */
export function causeAfter(experiment: string, results: readonly AttemptResult[]): Cause {
  const last = results.at(-1);
  if (!last || experiment === BASELINE) return last?.outcome.kind === 'lost' ? 'lost' : 'first';
  if (last.outcome.kind === 'lost') return 'lost';
  return roles(results.filter((t) => t.outcome.kind !== 'lost')).needsFix ? 'fix' : 'confirm';
}

function compare(
  trial: Trial,
  candidate: AttemptResult,
  confirms: readonly AttemptResult[],
  tip: Tip,
  policy: Policy,
): Verdict | Retry {
  const { bpb, kept } = tip;
  const first = metricOf(candidate);
  const back = afterRetraction(trial, candidate.trainSha256, first, tip);
  if (back) return verdict(candidate, back.status, back.reason, back.sentence, first);
  if (kept.has(candidate.trainSha256))
    return verdict(candidate, 'discard', 'identical', 'this train.py is on the frontier already', first);
  if (first < bpb && confirms.some((t) => t.outcome.kind === 'crashed'))
    return verdict(candidate, 'discard', 'unconfirmed', 'it crashed when measured again', first);
  if (first < bpb && confirms.length < policy.confirm)
    return retry('confirm', `a win, measured again (${confirms.length + 1} of ${policy.confirm})`);
  // Some of the confirmations decide nothing: where the tip has moved past the win meanwhile, it is a win no more.
  const confirmed = first < bpb && policy.confirm > 0;
  const m = confirmed ? mean(confirms.map(metricOf)) : first;
  const by = (a: number, b: number) => Math.abs(a - b).toFixed(6);
  if (m < bpb)
    return (
      refuteUnseen([candidate, ...confirms], m) ??
      verdict(candidate, 'keep', 'better', `${by(m, bpb)} below the frontier`, m)
    );
  if (confirmed)
    return verdict(
      candidate,
      'discard',
      'unconfirmed',
      `${by(m, bpb)} above the frontier when measured again`,
      m,
    );
  if (trial.baseBpb !== null && m < trial.baseBpb)
    return verdict(
      candidate,
      'discard',
      'stale',
      'better than what it was made on, but the frontier moved past it',
      m,
    );
  if (m === bpb) return verdict(candidate, 'discard', 'equal', 'exactly the frontier, not lower', m);
  return verdict(candidate, 'discard', 'worse', `${by(m, bpb)} above the frontier`, m);
}

/** Standard errors that a win may be worse by on unseen text: an honest one is refuted once in tens of thousands. */
const UNSEEN_ERRORS = 4;

/** The discard of a win that is not there on text that no run was asked; null where it may well be. */
function refuteUnseen(attempts: readonly AttemptResult[], m: number): Verdict | null {
  for (const t of attempts) {
    const { gap = null, error = null } = t.outcome.sealed?.unseen ?? {};
    if (gap === null || error === null || gap <= UNSEEN_ERRORS * error) continue;
    const sentence = `on text that no run was asked it is ${gap.toFixed(6)} worse, and chance explains ${error.toFixed(6)}; look for what its train.py remembers`;
    return verdict(attempts[0]!, 'discard', 'unseen', sentence, m);
  }
  return null;
}

function judgeBaseline(measured: readonly AttemptResult[], policy: Policy): Verdict | Retry {
  const last = measured.at(-1)!;
  if (last.outcome.kind === 'finished')
    return (
      refuseUnsealed(last, policy) ?? verdict(last, 'keep', 'baseline', 'the unmodified file', metricOf(last))
    );
  if (measured.length < 2)
    return retry('first', `the baseline crashed (${last.outcome.reason}); it is tried once more`);
  return crash(last);
}

/** Which of the attempts that ran carries the candidate, and which confirm it. */
function roles(measured: readonly AttemptResult[]): {
  candidate: AttemptResult;
  confirms: AttemptResult[];
  needsFix: boolean;
} {
  const [first, second] = measured;
  const trivial = first!.outcome.kind === 'crashed' && first!.outcome.trivial;
  if (trivial && second) return { candidate: second, confirms: measured.slice(2), needsFix: false };
  return { candidate: first!, confirms: measured.slice(1), needsFix: trivial };
}

function afterLoss(results: readonly AttemptResult[], last: AttemptResult): Verdict | Retry {
  const losses = results.filter(({ outcome: o }) => o.kind === 'lost' && !LACKING.has(o.reason));
  if (LACKING.has(last.outcome.reason)) return retry('lost', `lost (${last.outcome.reason}), tried again`);
  // A train.py can print any words: what only its log blames on the GPU twice is its own doing.
  const byLog = losses.filter(({ outcome }) => blamedByLog(outcome));
  if (byLog.length > 1 && byLog.includes(last)) return crash(last);
  if (losses.length < LOST_AT_MOST) return retry('lost', `lost (${last.outcome.reason}), tried again`);
  const sentence = `lost ${losses.length} times, last: ${last.outcome.sentence}`;
  return {
    ...crash(last),
    reason: 'lost',
    sentence: sentence.slice(0, 500),
    error: `lost:${last.outcome.reason}`,
  };
}

function refuseOther(t: AttemptResult, conditions: string, policy: Policy): Verdict | null {
  const other = difference(conditions, conditionsHere(t, policy));
  const sentence = `measured under other conditions: ${other}`.slice(0, 500);
  return other ? verdict(t, 'discard', 'conditions', sentence, metricOf(t)) : null;
}

function refuseUnsealed(t: AttemptResult, policy: Policy): Verdict | null {
  if (!policy.requireSealed || t.outcome.sealed!.sealed !== 'none') return null;
  const sentence =
    'the lane requires a sealed measurement and this machine gave none; see autoresearch doctor';
  return { ...crash(t), reason: 'unsealed', sentence, error: 'unsealed' };
}

/** The Conditions of one finished attempt. */
export function conditionsHere(t: AttemptResult, policy: Policy): string {
  return conditionsOf(t.outcome.sealed!, t.outcome.image, policy.clocks.budgetSeconds);
}

function metricOf(t: AttemptResult): number {
  const bpb = t.outcome.sealed?.val_bpb;
  if (t.outcome.kind !== 'finished' || bpb == null || !(bpb > 0) || !Number.isFinite(bpb))
    throw new Error(`attempt ${t.n} counts as finished without a usable metric (I5)`);
  return bpb;
}

/** Rounded to six decimals like a single measurement: what is printed is what decides. */
function mean(values: readonly number[]): number {
  return Math.round((values.reduce((a, b) => a + b, 0) / values.length) * 1e6) / 1e6;
}

function retry(cause: Cause, sentence: string): Retry {
  return { kind: 'retry', cause, sentence };
}

function crash(t: AttemptResult): Verdict {
  const { reason, sentence } = t.outcome;
  return { kind: 'verdict', status: 'crash', reason, sentence, valBpb: null, error: reason, decisive: t };
}

function verdict(t: AttemptResult, status: Status, reason: string, sentence: string, bpb: number): Verdict {
  return { kind: 'verdict', status, reason, sentence, valBpb: bpb, error: '', decisive: t };
}
