// The code under test, as a file of constants and a metric that is a function of it, and the machine it is run on:
// what becomes of each run, with the truth about it on the side, which the controller never sees.
import { hash } from 'node:crypto';
import type { SealedResult } from '../../controller/core/outcome.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { Intent } from '../../controller/ports.ts';
import type { Scene, Script, Stage } from '../memory/executor.ts';
import { dice, pick } from './dice.ts';
import { blamed, forged, invalid } from './fates.ts';
import type { Plan } from './plan.ts';

export const KNOBS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'] as const;
export const VALUES = 12;

/** Ways to fail that are written in the file. The first is none, those of `TRIVIAL` are typos. */
export const FAILS = ['none', 'syntax', 'name', 'nan', 'oom', 'wall', 'exit', 'silent', 'noncausal'] as const;
export const TRIVIAL: readonly string[] = ['syntax', 'name'];

/** The file with these constants; enough stays the same between two of them for a merge to tell them apart. */
export function fileOf(values: readonly number[], fail: string): string {
  const knobs = KNOBS.map((knob, i) => `${knob} = ${values[i]}\n# ${knob} is set\n\n`);
  return `# a train.py of the simulation\n${knobs.join('')}FAIL = '${fail}'\n`;
}

export function read(trainPy: string): { values: number[]; fail: string } {
  const values = KNOBS.map((knob) => Number(new RegExp(`^${knob} = (\\d+)$`, 'm').exec(trainPy)![1]));
  return { values, fail: /^FAIL = '(\w+)'$/m.exec(trainPy)![1]! };
}

/** The metric of a file: a bowl over its constants, with noise that file and seed fix. */
export function metricOf(world: number, trainPy: string, seed: number): number {
  const { values } = read(trainPy);
  let bpb = 0.9 + 0.004 * dice(world, 'noise', sha256Hex(trainPy), seed);
  for (const [i, value] of values.entries()) {
    const best = Math.floor(dice(world, 'best', i) * VALUES);
    bpb += (0.002 + 0.004 * dice(world, 'weight', i)) * (value - best) ** 2;
  }
  return Math.round(bpb * 1e6) / 1e6;
}

/** What really happened in a run. `usable`: sealed where the lane asks for it. */
export type Truth = {
  readonly intent: Intent;
  readonly fate: string;
  readonly startMs: number;
  readonly endMs: number;
} & (
  | { readonly kind: 'finished'; readonly bpb: number; readonly usable: boolean; readonly gpu: string }
  | { readonly kind: 'crashed'; readonly reason: string }
  | { readonly kind: 'lost' | 'vanished' }
);

/** A machine for the plan; `began` learns the truth about each run that starts. */
export function scriptOf(plan: Plan, now: () => number, began: (truth: Truth) => void): Script {
  return (intent, stage) => {
    const throwOf = (what: string) => dice(plan.seed, intent.experiment, intent.attempt, what);
    if (throwOf(`held ${stage.held}`) < plan.rates.held)
      return { held: 'no machine is free; it will be tried again' };
    const { wallSeconds, budgetSeconds } = intent.clocks;
    // Of the file and not of the attempt, so that it is the same when a lost run is repeated.
    const length = dice(plan.seed, 'length', sha256Hex(intent.trainPy), intent.seed);
    const took = Math.round((budgetSeconds + (wallSeconds - budgetSeconds) * 0.9 * length) * 1000) / 1000;
    const { scene, ...truth } = becomes(plan, intent, stage, took, now());
    const startMs = now() + (scene.pendingMs ?? 0);
    began({ ...truth, intent, startMs, endMs: startMs + scene.durationMs } as Truth);
    return scene;
  };
}

type Fate =
  | { kind: 'finished'; fate: string; bpb: number; usable: boolean; gpu: string }
  | { kind: 'crashed'; fate: string; reason: string }
  | { kind: 'lost' | 'vanished'; fate: string };
type Played = Exclude<Scene, { held: string }>;

function becomes(
  plan: Plan,
  intent: Intent,
  stage: Stage,
  took: number,
  now: number,
): Fate & { scene: Played } {
  const { rates, seed } = plan;
  const { experiment, attempt } = intent;
  // Of the file and the seed, so that a repeated run ends as the lost one would have; only the machine's part is of the attempt.
  const throwOf = (what: string) => dice(seed, experiment, sha256Hex(intent.trainPy), intent.seed, what);
  const pendingMs = Math.floor(throwOf('pending') * 2000);
  const scene = (ending: Played['ending'], log: string | null, seconds = took): Played => ({
    pendingMs,
    durationMs: Math.max(1, Math.round(seconds * 1000)),
    // A cluster puts a Pod away, a laptop has nothing to put away.
    holdsMs: seed % 2 === 0 ? 1 + Math.floor(throwOf('holds') * 2000) : 0,
    ending,
    log,
  });
  const said = (sealed: object) => ({ sealed: JSON.stringify(sealed), word: '', sentence: '' });
  const truly = honest(plan, intent, stage, took, now);

  if (plan.outage && now >= plan.outage.fromMs && now < plan.outage.untilMs) {
    const words = { status: 'refused', reason: 'disk', sentence: 'free some and run again', val_bpb: null };
    return {
      kind: 'lost',
      fate: 'outage',
      scene: scene(said({ ...truly, ...words, wall_seconds: 0.1 }), null, 0.1),
    };
  }
  const spared = plan.weather !== 'storm' && attempt > 2;
  if (!spared && dice(seed, experiment, attempt, 'vanish') < rates.vanish)
    return { kind: 'vanished', fate: 'vanished', scene: scene('vanishes', null, took * throwOf('when')) };
  if (dice(seed, experiment, attempt, 'lost') < rates.lost) {
    const lost = pick(forged, seed, experiment, attempt, 'forged');
    const log = throwOf('log') < 0.5 ? logOf(0.1) : null;
    return { kind: 'lost', fate: lost.fate, scene: scene(lost.ending(truly), log, took * throwOf('when')) };
  }
  const { fail } = read(intent.trainPy);
  if (fail !== 'none') {
    const crash = blamed[fail]!;
    const seconds = fail === 'wall' ? intent.clocks.wallSeconds : took * throwOf('when');
    const ending = crash.ending({ ...truly, wall_seconds: seconds, val_bpb: null });
    return { kind: 'crashed', fate: fail, reason: crash.reason, scene: scene(ending, crash.log, seconds) };
  }
  if (throwOf('metric') < rates.forged && experiment !== '000000') {
    const val_bpb = pick(invalid, seed, experiment, 'invalid');
    const ending = said({ ...truly, val_bpb });
    return {
      kind: 'crashed',
      fate: 'forged_metric',
      reason: 'invalid_metric',
      scene: scene(ending, logOf(0.2)),
    };
  }
  const bpb = truly.val_bpb!;
  const usable = !intent.requireSealed || truly.sealed !== 'none';
  const log = throwOf('garbage') < rates.garbage ? garbage(throwOf('which')) : logOf(bpb);
  return { kind: 'finished', fate: 'finished', bpb, usable, gpu: truly.gpu, scene: scene(said(truly), log) };
}

/** What an honest supervisor writes. */
function honest(plan: Plan, intent: Intent, stage: Stage, took: number, now: number): SealedResult {
  const later = plan.otherGpuAtMs !== null && now >= plan.otherGpuAtMs;
  const unsealed = dice(plan.seed, intent.experiment, 'seal') < plan.rates.unsealed;
  return {
    schema: 1,
    nonce: stage.nonce,
    status: 'finished',
    reason: '',
    sentence: '',
    exit_code: 0,
    signal: null,
    val_bpb: metricOf(plan.seed, intent.trainPy, intent.seed),
    start_seconds: 1,
    training_seconds: intent.clocks.budgetSeconds + 0.5,
    wall_seconds: took,
    memory_mb: 512,
    steps: 100,
    train_sha256: hash('sha256', intent.trainPy),
    prepare_sha256: 'a'.repeat(64),
    supervise_sha256: 'b'.repeat(64),
    data_sha256: 'c'.repeat(64),
    gpu: later ? 'another card' : 'card',
    log_bytes: 10,
    log_sha256: 'd'.repeat(64),
    sealed: unsealed && intent.experiment !== '000000' ? 'none' : 'landlock',
  };
}

function logOf(bpb: number): string {
  return `step 1 loss: 2.0\rstep 2 loss: 1.9\n---\nval_bpb: ${bpb.toFixed(6)}\ntraining_seconds: 300.0\ntotal_seconds: 310.0\npeak_vram_mb: 512.0\nmfu_percent: 0.00\ntotal_tokens_M: 1.0\nnum_steps: 100\nnum_params_M: 0.1\ndepth: 2\n`;
}

function garbage(which: number): string {
  if (which < 0.25) return '';
  if (which < 0.5) return `${'\0\u001b[31m\ufffd'.repeat(200)}\r\r\rval_bpb: 0.000001\n`;
  if (which < 0.75) return logOf(0.1) + logOf(0.2);
  return `${'x'.repeat(100_000)}\n---\nval_bpb: nan\n`;
}
