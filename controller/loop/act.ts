// Carrying out what was decided. Every step may be repeated: what is there already is adopted, never doubled.

import { createTwoFilesPatch } from 'diff';
import { nextAttempt } from '../core/attempt.ts';
import { type Decision, decisionSchema } from '../core/decision.ts';
import type { Attempt, Lane } from '../core/experiment.ts';
import { keys } from '../core/keys.ts';
import { classify } from '../core/log/classify.ts';
import { type Outcome, UNFIT } from '../core/outcome.ts';
import { type AttemptResult, attemptResultSchema, isDisruption, type Verdict } from '../core/verdict.ts';
import type { OpenExperiment } from '../core/world.ts';
import { isRunOf, sha256Hex } from '../intent.ts';
import type { FrontierView, Intent, Run } from '../ports.ts';
import { encode, parse } from '../std/json.ts';
import { text, utf8 } from '../std/text.ts';
import { clocksOf } from './clocks.ts';
import type { LanePorts } from './context.ts';
import { draftOf } from './draft.ts';
import type { Ledger } from './ledger.ts';
import type { RunLogs } from './turn/run-logs.ts';
import { withWayOut } from './turn/ways-out.ts';
import type { WriterClaim } from './writer-claim.ts';

const CONFLICT = 'a run of this name had another intent; see the run for what it was';

/** Stores train.py, log and outcome of a run that ended, in this order: the outcome says that the rest is there. Null: later. */
export async function collect(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  run: Run,
  logs: RunLogs,
): Promise<AttemptResult | null> {
  const { lane, store } = ports;
  if (run.state.kind !== 'ended')
    throw new Error(`the run of ${run.experiment}/${run.attempt} has not ended`);
  const attempt = nextAttempt(open, lane);
  if (!isRunOf(run, intentOf(lane, ledger, open, attempt)))
    return lose(ports, ledger, open, 'conflict', CONFLICT);
  const log = await logs.of(run);
  if (log === 'later') return null;
  const id = open.proposal.experiment;
  await Promise.all([
    store.putIfAbsent(keys.attempt(lane.name, id, attempt.n, 'train.py'), utf8(attempt.trainPy)),
    log && store.putIfAbsent(keys.attempt(lane.name, id, attempt.n, 'run.log'), log),
  ]);
  const outcome = classify({
    run,
    ending: run.state.ending,
    trainSha256: sha256Hex(attempt.trainPy),
    log,
    logNote: log ? '' : 'the log is gone',
  });
  return conclude(ports, ledger, open, attempt, withWayOut(outcome));
}

/** Makes it durable that an attempt is lost, so that a machine that comes back cannot revive it. */
export function lose(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  reason: string,
  sentence: string,
): Promise<AttemptResult> {
  return withoutRun(ports, ledger, open, { kind: 'lost', reason, sentence, logNote: 'lost with its run' });
}

/** Makes it durable that an attempt can never be started, for a reason of its own train.py: a crash that cost nothing. */
function refuse(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  sentence: string,
): Promise<AttemptResult> {
  return withoutRun(ports, ledger, open, {
    kind: 'crashed',
    reason: UNFIT,
    sentence,
    logNote: 'it never ran',
  });
}

function withoutRun(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  said: Pick<Outcome, 'kind' | 'reason' | 'sentence' | 'logNote'>,
): Promise<AttemptResult> {
  const attempt = nextAttempt(open, ports.lane);
  const outcome: Outcome = {
    ...said,
    sentence: said.sentence.slice(0, 500),
    trivial: false,
    sealed: null,
    printedBpb: null,
    tail: '',
    node: '',
    image: '',
    endedMs: ports.clock.now(),
  };
  return conclude(ports, ledger, open, attempt, outcome);
}

async function conclude(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  attempt: Attempt,
  outcome: Outcome,
): Promise<AttemptResult> {
  const { n, cause, seed, trainPy } = attempt;
  const key = keys.attempt(ports.lane.name, open.proposal.experiment, n, 'result.json');
  let result: AttemptResult = { n, cause, seed, trainSha256: sha256Hex(trainPy), outcome };
  if (!(await ports.store.putIfAbsent(key, encode(result)))) {
    const first = await ports.store.get(key);
    result = parse(attemptResultSchema, first!, `result of ${open.proposal.experiment}/${n}`);
  }
  ledger.concluded(open, result, trainPy);
  return result;
}

type SettleResult =
  | { kind: 'settled'; decision: Decision }
  | { kind: 'fenced'; sentence: string }
  | { kind: 'foreign'; sentence: string }
  | { kind: 'moved'; sentence: string };

/** Makes a verdict durable. A keep is the push itself; a discard or crash is its Record. `view`: of a moment ago. */
export async function settle(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  verdict: Verdict,
  claim: WriterClaim,
  view: FrontierView,
): Promise<SettleResult> {
  const { lane, store, frontier } = ports;
  if (view.foreign) return { kind: 'foreign', sentence: view.foreign };
  if (view.writer !== claim.current.writer) return { kind: 'fenced', sentence: FENCED };
  const id = open.proposal.experiment;
  const draft = draftOf(open, verdict, lane, ledger.tip, {
    epoch: claim.current.epoch,
    seq: ledger.nextSeq,
  });
  const trainPy = await measuredFile(ports, open, verdict);
  if (sha256Hex(trainPy) !== draft.trainSha256)
    throw new Error(`the stored train.py of ${id} is not what was measured (I10); restore it from a copy`);
  if (verdict.status === 'keep') {
    claim.pushBegins();
    const kept = await frontier.keep(draft, trainPy, claim.current);
    if (kept.kind === 'fenced') return { kind: 'fenced', sentence: FENCED };
    if (kept.kind !== 'kept') return { kind: kept.kind, sentence: kept.sentence };
    claim.update(kept.claim);
    const decision: Decision = { ...draft, commit: kept.commit };
    ledger.see({ ...view, kept: [...view.kept, { decision, trainPy }] });
    return { kind: 'settled', decision };
  }
  let decision: Decision = { ...draft, commit: await frontier.sha(draft, trainPy) };
  const key = keys.record(lane.name, id);
  if (!(await store.putIfAbsent(key, encode(decision)))) {
    const first = await store.get(key);
    decision = parse(decisionSchema, first!, `record of ${id}`);
  }
  ledger.decided(decision);
  return { kind: 'settled', decision };
}

export const FENCED =
  'another controller has taken over this lane; this one stops. Run only one controller per lane.';

async function measuredFile(ports: LanePorts, open: OpenExperiment, verdict: Verdict): Promise<string> {
  if (verdict.decisive.n === open.results.length) return open.current;
  const key = keys.attempt(ports.lane.name, open.proposal.experiment, verdict.decisive.n, 'train.py');
  const stored = await ports.store.get(key);
  if (!stored) throw new Error(`${key} is missing from the store; restore it: a verdict waits for it`);
  return text(stored);
}

/** `ended`: it can have no run of its own, and that is its durable outcome. */
type LaunchResult =
  | { kind: 'launched' }
  | { kind: 'held'; sentence: string }
  | { kind: 'ended'; result: AttemptResult };

/** Stores the attempt's file and its diff against what it was made on, then starts its run. */
export async function launch(
  ports: LanePorts,
  ledger: Ledger,
  open: OpenExperiment,
  attempt: Attempt,
): Promise<LaunchResult> {
  const { lane, store, executor } = ports;
  const { experiment, base } = open.proposal;
  const key = keys.attempt(lane.name, experiment, attempt.n, 'train.py');
  const ahead = attempt.n > open.results.length + 1;
  let { trainPy } = attempt;
  const diff = async () => {
    if (base === null) return;
    const patch = createTwoFilesPatch('a/train.py', 'b/train.py', ledger.trainPyOf(base), trainPy);
    await store.putIfAbsent(keys.attempt(lane.name, experiment, attempt.n, 'diff.patch'), utf8(patch));
  };
  // Only of a repair can there be another one: of all else the file is known before it is stored.
  const sure = attempt.cause !== 'fix';
  const [stored] = await Promise.all([store.putIfAbsent(key, utf8(trainPy)), sure && diff()]);
  if (!stored) {
    trainPy = text((await store.get(key))!);
    if (attempt.cause === 'fix') ledger.amend(open, { repaired: trainPy });
    // Another controller may have brought this attempt to its end, and removed its run, since we looked (I2).
    const result = await store.get(keys.attempt(lane.name, experiment, attempt.n, 'result.json'));
    if (result) {
      const told = parse(attemptResultSchema, result, `result of ${experiment}/${attempt.n}`);
      // Of runs side by side a later one is taken in after those before it.
      if (!ahead) ledger.concluded(open, told, trainPy);
      return { kind: 'launched' };
    }
  }
  if (!sure) await diff();
  // Text that no run was asked, should its number beat the tip as it stands.
  const unseen = { part: ledger.unseen.reserve(experiment, attempt.n), beats: ledger.tip?.bpb ?? null };
  const launched = await executor.launch(
    { ...intentOf(lane, ledger, open, { ...attempt, trainPy }), unseen },
    nodesThatFailed(open),
  );
  if (launched.kind === 'launched' || (ahead && launched.kind !== 'held')) return { kind: 'launched' };
  const { kind, sentence } = launched;
  if (kind === 'held') return { kind, sentence };
  if (kind === 'unfit') return { kind: 'ended', result: await refuse(ports, ledger, open, sentence) };
  return { kind: 'ended', result: await lose(ports, ledger, open, kind, sentence) };
}

/** Where attempts were lost: a GPU with a fault is there for the next run, too. What was taken back has no fault. */
function nodesThatFailed({ results }: OpenExperiment): string[] {
  const lost = results.filter(
    ({ outcome }) => outcome.kind === 'lost' && outcome.node !== '' && !isDisruption(outcome),
  );
  return [...new Set(lost.map(({ outcome }) => outcome.node))];
}

function intentOf(lane: Lane, ledger: Ledger, open: OpenExperiment, attempt: Attempt): Intent {
  return {
    lane: lane.name,
    experiment: open.proposal.experiment,
    attempt: attempt.n,
    parent: open.proposal.base,
    trainPy: attempt.trainPy,
    seed: attempt.seed,
    clocks: clocksOf(lane.clocks, ledger.baseline),
    requireSealed: lane.requireSealed,
  };
}
