// `autoresearch replay`: are the keeps real? Baseline and tip are measured again, in turn, on fresh seeds.
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../adapters/clock.ts';
import { ProcessExecutor } from '../adapters/process/executor.ts';
import { classify } from '../core/classify.ts';
import type { Clocks } from '../core/experiment.ts';
import { gainOf, type Sample, sampleOf } from '../core/sample.ts';
import { freshSeed } from '../core/seed.ts';
import { sha256Hex } from '../intent.ts';
import type { Executor, Kept, Run } from '../ports.ts';
import { Failure } from './failure.ts';
import { checkout } from './place.ts';
import { type Output, printRecords } from './print.ts';
import { read, type Where } from './reading.ts';
import { trainerBehind, trainers } from './trainer.ts';

const POLL_MS = 200;

/** Measures both `times` times under the lane's own budget; nothing is recorded. */
export async function replay(where: Where, times: number, output: Output): Promise<void> {
  if (!Number.isInteger(times) || times < 2 || times > 100) throw new Failure(2, '--times takes 2 to 100');
  const { lane, place, view } = await read(where);
  const [baseline, tip] = [view.kept[0], view.kept.at(-1)];
  if (!baseline || !tip || baseline === tip)
    throw new Failure(3, 'nothing beyond the baseline is kept yet; run autoresearch dev');
  const runs = await mkdtemp(join(place.dir, 'replay-'));
  const trainer = trainerBehind(tip.decision.conditions) ?? trainers.cpu;
  const { python, folder: harness, clock } = trainer;
  const parts = {
    python,
    harness,
    supervise: checkout.supervise,
    text: place.text(lane),
    sealed: place.sealed(lane),
  };
  const executor = new ProcessExecutor({ runs, ...parts, clock });
  const bpb = { baseline: [] as number[], tip: [] as number[] };
  try {
    for (let i = 1; i <= times; i++) {
      bpb.baseline.push(await measure(executor, lane, baseline, i));
      bpb.tip.push(await measure(executor, lane, tip, i));
      process.stderr.write(`${i} of ${times}: baseline ${bpb.baseline.at(-1)}, tip ${bpb.tip.at(-1)}\n`);
    }
  } finally {
    executor.close();
    await rm(runs, { recursive: true, force: true });
  }
  report(sampleOf(bpb.baseline), sampleOf(bpb.tip), baseline.decision.valBpb! - tip.decision.valBpb!, output);
}

async function measure(
  executor: Executor,
  lane: string,
  { decision, trainPy }: Kept,
  attempt: number,
): Promise<number> {
  const { experiment } = decision;
  const seed = freshSeed(decision.seed, experiment, 1000 + attempt);
  const clocks = clocksOf(decision.conditions);
  const launched = await executor.launch({
    lane,
    experiment,
    attempt,
    parent: null,
    trainPy,
    seed,
    clocks,
    requireSealed: false,
  });
  if (launched.kind !== 'launched') throw new Failure(3, launched.sentence);
  const run = await ended(executor, lane, experiment, attempt);
  if (run.state.kind !== 'ended') throw new Error(`run ${experiment}/${attempt} has not ended`);
  const log = await executor.log(run);
  const outcome = classify({
    run,
    ending: run.state.ending,
    trainSha256: sha256Hex(trainPy),
    log,
    logNote: '',
  });
  await executor.remove(run);
  if (outcome.kind !== 'finished')
    throw new Failure(1, `${experiment} ${outcome.kind} when measured again: ${outcome.sentence}`);
  return outcome.sealed!.val_bpb!;
}

async function ended(executor: Executor, lane: string, experiment: string, attempt: number): Promise<Run> {
  for (;;) {
    const runs = await executor.list(lane);
    const run = runs.find((one) => one.experiment === experiment && one.attempt === attempt);
    if (!run) throw new Failure(1, `the run of ${experiment} was removed from outside; start again`);
    if (run.state.kind === 'ended') return run;
    await systemClock.sleep(POLL_MS, new AbortController().signal);
  }
}

/** The clocks of a lane from the budget in its Conditions. */
function clocksOf(conditions: string): Clocks {
  const budgetSeconds = Number(/budget:([\d.]+)s/.exec(conditions)?.[1]);
  if (!(budgetSeconds > 0)) throw new Error(`the baseline's Conditions name no budget: ${conditions}`);
  const wallSeconds = Math.max(120, 4 * budgetSeconds);
  return { budgetSeconds, startSeconds: wallSeconds, wallSeconds };
}

function report(baseline: Sample, tip: Sample, claimed: number, output: Output): void {
  const { gain, error, inErrors } = gainOf(baseline, tip);
  const line = (name: string, s: Sample) => ({
    what: name,
    n: s.n,
    mean: s.mean.toFixed(6),
    deviation: s.deviation.toFixed(6),
    error: s.error.toFixed(6),
  });
  const last = { what: 'gain', n: baseline.n, mean: gain.toFixed(6), deviation: '', error: error.toFixed(6) };
  printRecords([line('baseline', baseline), line('tip', tip), last], output);
  process.stderr.write(
    `claimed ${claimed.toFixed(6)}, measured again ${gain.toFixed(6)}: ${inErrors.toFixed(1)} standard errors\n`,
  );
}
