// The real loop on parts in memory and virtual time: what a lane finds on a made-up problem, and what its slots wait for.
import type { Decision } from '../../../controller/core/decision.ts';
import type { Lane } from '../../../controller/core/experiment.ts';
import type { World } from '../../../controller/core/world.ts';
import type { LaneContext } from '../../../controller/loop/context.ts';
import type { FlowSetting } from '../../../controller/loop/idea-flow.ts';
import { runLane } from '../../../controller/loop/loop.ts';
import type { Intent, Proposer } from '../../../controller/ports.ts';
import { MemoryMachine, type Scene } from '../../memory/executor.ts';
import { MemoryFrontier } from '../../memory/frontier.ts';
import { sealedRun } from '../../memory/sealed.ts';
import { MemoryStore } from '../../memory/store.ts';
import { LifeClock, quiet, Time } from '../../sim/clock.ts';
import { type Land, measured, secondsOf, type Truth } from './landscape.ts';

export interface Problem {
  readonly land: Land;
  readonly width: number;
  /** Beyond the baseline; stacks are experiments, too. */
  readonly experiments: number;
  readonly trainPy: string;
  readonly truthOf: (trainPy: string) => Truth;
  readonly proposer: (clock: LifeClock) => Proposer;
  /** Of a proposer that sleeps while it thinks; without it, it computes. */
  readonly flow?: FlowSetting;
  readonly rules?: Partial<Lane>;
}

export interface Search {
  /** Every launch counts, whatever it is for. */
  readonly runs: number;
  /** Of these, all but the first of each idea and what was lost before. */
  readonly extraRuns: number;
  readonly hours: number;
  readonly trueGain: number;
  readonly claimedGain: number;
  readonly keeps: number;
  /** Keeps that are no better than what they replaced. */
  readonly falseKeeps: number;
  readonly stacks: number;
  readonly stacksKept: number;
  /** Ideas whose file was measured before; a train that carries one gain measures it again on purpose. */
  readonly duplicates: number;
  /** Shares of all slots' time. */
  readonly idle: Readonly<Record<Cause, number>>;
}

/** `start`: of ideas, before as many as there are slots were ever there. `end`: the cap allows no more to begin. */
export const causes = ['baseline', 'start', 'ideas', 'end', 'other'] as const;
type Cause = (typeof causes)[number];

interface Kept {
  readonly decision: Decision;
  readonly truth: Truth;
}

export async function search(problem: Problem): Promise<Search> {
  const { land, width, trainPy } = problem;
  const time = new Time();
  const [clock, agent] = [new LifeClock(time), new LifeClock(time)];
  const startMs = time.ms;
  const truths = new Map<string, Truth>();
  const truthOf = (text: string) => {
    const truth = truths.get(text) ?? problem.truthOf(text);
    truths.set(text, truth);
    return truth;
  };
  const launched = new Map<string, Intent>();
  const files = new Set<string>();
  const again = new Set<string>();
  let [runs, repeats] = [0, 0];
  const machine = new MemoryMachine(
    (intent, { nonce }) => {
      launched.set(intent.experiment, intent);
      if (intent.attempt === 1 && files.has(intent.trainPy)) again.add(intent.experiment);
      files.add(intent.trainPy);
      return sceneOf(land, intent, truthOf(intent.trainPy), nonce, ++runs);
    },
    { now: () => time.ms },
    land.seed,
  );
  const decisions: Decision[] = [];
  let world: World | null = null;
  const computing = { now: 0 };
  const proposer = problem.proposer(agent);
  const context: LaneContext = {
    lane: { ...usual(problem), ...problem.rules },
    store: new LeanStore(),
    frontier: new MemoryFrontier(),
    executor: machine.open(),
    clock,
    proposer: problem.flow ? proposer : counted(proposer, computing),
    flow: problem.flow,
    inputs: { trainPy, prepare: '', program: async () => '' },
    observer: {
      happened(what) {
        if (what.kind === 'trouble') throw new Error(what.sentence);
        if (what.kind === 'decided') decisions.push(what.decision);
        if (what.kind === 'launched' && what.cause !== 'first' && what.cause !== 'lost') repeats++;
      },
      turn(seen) {
        world = seen;
      },
    },
    publish: async () => 3_600_000,
    spentUsd: async () => 0,
    pollMs: 3_600_000,
  };
  const idle: Record<Cause, number> = { baseline: 0, start: 0, ideas: 0, end: 0, other: 0 };
  let wake = () => {};
  let over = false;
  const done = runLane(context, new AbortController().signal, (now) => {
    wake = now;
  }).finally(() => {
    over = true;
  });
  for (;;) {
    do await quiet();
    while (!over && computing.now > 0);
    if (over) break;
    const next = Math.min(clock.nextMs, agent.nextMs, machine.nextChangeMs() ?? Number.POSITIVE_INFINITY);
    if (!Number.isFinite(next)) throw new Error('nothing is to come, and the lane has not ended');
    idle[causeOf(world)] += Math.max(0, width - machine.taken('main')) * Math.max(0, next - time.ms);
    time.ms = Math.max(time.ms, next);
    clock.ring();
    agent.ring();
    wake();
  }
  await done;
  const kept = decisions.flatMap((decision): Kept[] =>
    decision.status === 'keep'
      ? [{ decision, truth: truthOf(launched.get(decision.experiment)!.trainPy) }]
      : [],
  );
  const slots = width * (time.ms - startMs);
  const stacks = decisions.filter((decision) => decision.source === 'stack');
  const [baseline, tip] = [kept[0]!, kept.at(-1)!];
  return {
    runs,
    extraRuns: repeats + stacks.length,
    hours: (time.ms - startMs) / 3_600_000,
    trueGain: baseline.truth.metric - tip.truth.metric,
    claimedGain: baseline.decision.valBpb! - tip.decision.valBpb!,
    keeps: kept.length - 1,
    falseKeeps: kept.filter(({ truth }, i) => i > 0 && truth.metric >= kept[i - 1]!.truth.metric).length,
    stacks: stacks.length,
    stacksKept: stacks.filter((decision) => decision.status === 'keep').length,
    duplicates: decisions.filter(({ experiment, source }) => source !== 'stack' && again.has(experiment))
      .length,
    idle: Object.fromEntries(causes.map((cause) => [cause, idle[cause] / slots])) as Search['idle'],
  };
}

function usual({ width, experiments }: Problem): Lane {
  return {
    name: 'main',
    width,
    seed: 42,
    clocks: { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 },
    confirm: 0,
    requireSealed: false,
    ahead: 0,
    limits: { experiments, gpuHours: null, usd: null },
  };
}

function causeOf(world: World | null): Cause {
  if (!world?.tip) return 'baseline';
  // The last that the cap allows waits for all that may yet owe a gain.
  if (world.nextId >= world.lane.limits.experiments!) return 'end';
  if (world.queue.length > 0) return 'other';
  return world.nextId <= world.lane.width ? 'start' : 'ideas';
}

function sceneOf(land: Land, intent: Intent, truth: Truth, nonce: string, run: number): Scene {
  const { seconds, lost } = secondsOf(land, run, truth.crash);
  const durationMs = Math.round(1000 * seconds);
  if (lost) return { durationMs, ending: { sealed: null, word: 'evicted', sentence: 'evicted' }, log: null };
  const bpb = measured(land, truth, intent.seed, run);
  const sealed = sealedRun(intent.trainPy, nonce, bpb, Math.round(seconds));
  const said = truth.crash
    ? { ...sealed, status: 'crashed', reason: 'exit', exit_code: 3, val_bpb: null }
    : sealed;
  return { durationMs, ending: { word: '', sentence: '', sealed: JSON.stringify(said) }, log: 'step 1\n' };
}

/** Counts the requests under way: of a proposer that computes, time stands still for them. */
function counted(proposer: Proposer, computing: { now: number }): Proposer {
  return {
    propose: (...request) => {
      computing.now++;
      return proposer.propose(...request).finally(() => computing.now--);
    },
    fix: (...request) => proposer.fix(...request),
  };
}

/** What nobody reads again is not kept. */
class LeanStore extends MemoryStore {
  override async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    return super.putIfAbsent(key, /(?:run\.log|diff\.patch)$/.test(key) ? new Uint8Array(1) : bytes);
  }
}
