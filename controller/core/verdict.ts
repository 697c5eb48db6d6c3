// judge: the one place where a number becomes a verdict. Pure; a restart with the same facts says the same.

import { numbersOn, ownBpbOf, retracted, seedsOf, weigh } from './deciding.ts';
import { BASELINE, type Cause } from './experiment.ts';
import { isGpuLoss } from './outcome.ts';
import { afterRetraction } from './retraction.ts';
import {
  type AttemptResult,
  conditionsHere,
  crash,
  mean,
  metricOf,
  type Policy,
  type Retry,
  refuseOther,
  refuseUnsealed,
  refuteUnseen,
  retry,
  type Tip,
  type Trial,
  type Verdict,
  verdict,
} from './trial.ts';

export {
  type AttemptResult,
  attemptResultSchema,
  conditionsHere,
  type Retry,
  type Tip,
  type Verdict,
} from './trial.ts';

/** Lost attempts after which the machine, not the idea, ends the experiment. */
export const LOST_AT_MOST = 3;

/** What a cluster takes back for others tells nothing of the idea, but a long run may never fit in between. */
const DISRUPTIONS = new Set('preempted evicted drained shutdown suspended node_gone disrupted'.split(' '));
export const isDisruption = ({ reason }: AttemptResult['outcome']) => DISRUPTIONS.has(reason);

/** What a machine lacks, whatever a train.py does: no number of such losses ends an experiment. */
const LACKING = new Set('disk setup unsealed no_cuda unstarted slow_start refused_by_node'.split(' '));

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
  if (last.outcome.kind === 'lost') return afterLoss(trial.results, last, policy);

  const ran = trial.results.filter((t) => t.outcome.kind !== 'lost');
  const seeds = seedsOf(trial, policy);
  // Side by side they end in any order, and a seed that was lost comes last: the row is to be the same.
  const measured = seeds?.flatMap((seed) => ran.filter((t) => t.seed === seed)) ?? ran;
  if (trial.experiment === BASELINE) return judgeBaseline(measured, seeds, policy);
  if (!tip) throw new Error(`experiment ${trial.experiment} ran before the baseline was kept`);

  const { candidate, confirms, needsFix } = roles(measured, trial.unfixable);
  if (needsFix) return retry('fix', `${candidate.outcome.reason}: one automated fix is tried`);
  if (candidate.outcome.kind === 'crashed') return crash(candidate);

  for (const t of [candidate, ...confirms]) {
    if (t.outcome.kind === 'crashed') continue;
    const refusal = refuseOther(t, tip.conditions, policy) ?? refuseUnsealed(t, policy);
    if (refusal) return refusal;
  }
  // The number is of the seeds that what it is compared with is of: those that decide, or the lane's own.
  const onAll = seeds && numbersOn(seeds, trial.results);
  const m = onAll ? mean(onAll.slice(1)) : metricOf(candidate);
  const baseBpb = onAll ? trial.baseBpb : ownBpbOf(trial, tip, policy);
  const back = afterRetraction({ ...trial, baseBpb }, candidate.trainSha256, m, tip);
  if (back?.status === 'keep') return retracted(trial, candidate, confirms, policy);
  if (back && (!seeds || onAll)) return verdict(candidate, back.status, back.reason, back.sentence, m);
  if (tip.kept.has(candidate.trainSha256)) {
    const sentence = 'this train.py is on the frontier already';
    return verdict(candidate, 'discard', 'identical', sentence, metricOf(candidate));
  }
  const rule = policy.evidence ? weigh : compare;
  return rule(trial, candidate, confirms, tip, policy);
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
  { bpb }: Tip,
  policy: Policy,
): Verdict | Retry {
  const first = metricOf(candidate);
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
  const discard = (reason: string, sentence: string) => verdict(candidate, 'discard', reason, sentence, m);
  if (trial.baseBpb !== null && m < trial.baseBpb)
    return discard('stale', 'better than what it was made on, but the frontier moved past it');
  if (confirmed) return discard('unconfirmed', `${by(m, bpb)} above the frontier when measured again`);
  if (m === bpb) return discard('equal', 'exactly the frontier, not lower');
  return discard('worse', `${by(m, bpb)} above the frontier`);
}

function judgeBaseline(
  measured: readonly AttemptResult[],
  seeds: readonly number[] | null,
  policy: Policy,
): Verdict | Retry {
  const crashes = measured.filter((t) => t.outcome.kind === 'crashed');
  if (crashes.length > 1) return crash(crashes.at(-1)!);
  const [first, ...more] = measured.filter((t) => t.outcome.kind === 'finished');
  const [crashed] = crashes;
  if (!first && crashed)
    return retry('first', `the baseline crashed (${crashed.outcome.reason}); it is tried once more`);
  if (!first) return retry('first', 'not measured yet on the seeds of the lane');
  for (const t of [first, ...more]) {
    const other = refuseOther(t, conditionsHere(first, policy), policy);
    if (other) return { ...crash(t), reason: 'conditions', sentence: other.sentence, error: 'conditions' };
    const refusal = refuseUnsealed(t, policy);
    if (refusal) return refusal;
  }
  if (!seeds) return verdict(first, 'keep', 'baseline', 'the unmodified file', metricOf(first));
  const numbers = numbersOn(seeds, measured);
  if (!numbers) return retry('decide', `the baseline, measured on ${seeds.length} seeds`);
  const m = mean(numbers.slice(1, 1 + policy.evidence!));
  return verdict(first, 'keep', 'baseline', 'the unmodified file', m);
}

/** Which of the attempts that ran carries the candidate, and which confirm it. */
function roles(
  measured: readonly AttemptResult[],
  unfixable = false,
): {
  candidate: AttemptResult;
  confirms: AttemptResult[];
  needsFix: boolean;
} {
  const [first, second] = measured;
  const trivial = first!.outcome.kind === 'crashed' && first!.outcome.trivial && !unfixable;
  if (trivial && second) return { candidate: second, confirms: measured.slice(2), needsFix: false };
  return { candidate: first!, confirms: measured.slice(1), needsFix: trivial };
}

function afterLoss(
  results: readonly AttemptResult[],
  last: AttemptResult,
  { evidence }: Policy,
): Verdict | Retry {
  // Runs side by side are lost together: that is one loss of each seed.
  const losses = results.filter(
    ({ outcome: o, seed }) =>
      o.kind === 'lost' && !LACKING.has(o.reason) && (!evidence || seed === last.seed),
  );
  if (LACKING.has(last.outcome.reason)) return retry('lost', `lost (${last.outcome.reason}), tried again`);
  // A train.py can print any words: what only its log blames on the GPU twice is its own doing.
  const byLog = losses.filter(({ outcome }) => blamedByLog(outcome));
  if (byLog.length > 1 && byLog.includes(last)) return crash(last);
  const disrupted = isDisruption(last.outcome);
  const most = disrupted ? 10 : LOST_AT_MOST;
  const { length } = losses.filter(({ outcome }) => isDisruption(outcome) === disrupted);
  if (length < most) return retry('lost', `lost (${last.outcome.reason}), ${length} of ${most} times`);
  const sentence = `lost ${length} times, last: ${last.outcome.sentence}`;
  return {
    ...crash(last),
    reason: 'lost',
    sentence: sentence.slice(0, 500),
    error: `lost:${last.outcome.reason}`,
  };
}
