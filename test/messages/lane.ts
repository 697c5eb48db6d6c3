// A whole lane with Claude on the stand-in server, in virtual time: real loop and real SDK, runs and store in memory.
import type { Lane } from '../../controller/core/experiment.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { TrainPyReader } from '../../controller/llm/static-checks.ts';
import type { LaneContext, LaneInputs, Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import type { Proposer } from '../../controller/ports.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { sealedRun } from '../memory/sealed.ts';
import { edit, PREPARE, type Rig } from './rig.ts';
import type { Asked, Said } from './server.ts';
import { frontierFile } from './shown.ts';

export const RUN_MS = 300_000;

export interface Played {
  readonly stop: Stop;
  readonly happened: readonly LaneEvent[];
  /** When runs were launched, in virtual ms; each takes RUN_MS. */
  readonly launchedMs: readonly number[];
}

const KNOBS = Array.from({ length: 100 }, (_, i) => `K${String(i).padStart(2, '0')}`);

/** A file of a hundred constants, far enough apart for edits of two of them to be merged. */
export const KNOBS_PY = `${KNOBS.map((knob) => `${knob} = 1.0  # range: 0.1 .. 10.0 | one of many\n# ${knob} is set\n\n`).join('')}evaluate_bpb()\n`;

/** An answer nobody gave before, on whatever the frontier's file is; each moves another constant. */
export function freshIdea(asked: Asked, n: number): Said {
  // A short call after trouble, which wants no idea.
  if (asked.max_tokens < 100) return { answer: { ideas: [] } };
  const knob = KNOBS[n % KNOBS.length]!;
  const now = new RegExp(`^${knob} = \\S+ `, 'm').exec(frontierFile(asked))![0];
  return edit(`${knob}: try ${n}`, now, `${knob} = ${(1 + n / 1000).toFixed(3)} `);
}

/** Takes any file for good, and the same text for the same program: for lanes in which reading is not the point. */
export const credulous: TrainPyReader = {
  read: async (_, files) =>
    files.map((text) => ({
      sum: text,
      seedless: text,
      frame: text,
      evaluations: 1,
      patched: [],
      faults: [],
      trouble: [],
    })),
  sums: async (files) => [...files],
};

/** Runs the lane to its end. Metrics are a function of the file; one in five is a gain. */
export async function playLane(
  rig: Pick<Rig, 'time' | 'store' | 'budget'> & { readonly proposer: Proposer },
  rules: Partial<Lane>,
  inputs: Partial<LaneInputs> = {},
): Promise<Played> {
  const { time, store, proposer, budget } = rig;
  const launchedMs: number[] = [];
  const happened: LaneEvent[] = [];
  let wake = () => {};
  const machine = new MemoryMachine(
    (intent, { nonce }) => {
      launchedMs.push(time.nowMs);
      time.after(RUN_MS, () => wake());
      const luck = Number.parseInt(sha256Hex(intent.trainPy).slice(0, 4), 16) / 2 ** 16;
      const val_bpb = Math.round(1e6 * (3 + luck - (luck < 0.2 ? launchedMs.length / 100 : 0))) / 1e6;
      const sealed = JSON.stringify(sealedRun(intent.trainPy, nonce, val_bpb, 299));
      return { durationMs: RUN_MS, ending: { sealed, word: '', sentence: '' }, log: 'trained\n' };
    },
    { now: () => time.nowMs },
  );
  const lane: Lane = {
    name: 'main',
    width: 2,
    seed: 1,
    clocks: { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 },
    confirm: 0,
    requireSealed: false,
    ahead: 2,
    limits: { experiments: 30, gpuHours: null, usd: 1000 },
    ...rules,
  };
  const context: LaneContext = {
    lane,
    store,
    frontier: new MemoryFrontier(),
    executor: machine.open(),
    clock: time.clock,
    proposer,
    inputs: { trainPy: KNOBS_PY, prepare: PREPARE, program: async () => 'Make val_bpb low.', ...inputs },
    observer: { happened: (one) => happened.push(one), turn() {} },
    publish: async () => 0,
    spentUsd: () => budget.spentUsd(),
    pollMs: 60_000,
  };
  let stop: Stop | null = null;
  const over = runLane(context, new AbortController().signal, (now) => {
    wake = now;
  }).then((why) => {
    stop = why;
  });
  while (!stop) await time.advance(3_600_000, () => stop !== null);
  await over;
  return { stop, happened, launchedMs };
}

/** Milliseconds between two times in which a slot had no run, all slots together. */
export function idleMs({ launchedMs }: Played, width: number, fromMs: number, toMs: number): number {
  const busy = launchedMs.map((at) => Math.max(0, Math.min(toMs, at + RUN_MS) - Math.max(fromMs, at)));
  return width * (toMs - fromMs) - busy.reduce((sum, ms) => sum + ms, 0);
}
