// One wide lane whose store, remote and cluster take their time to answer: the real loop in virtual time. How many
// experiments it decides, of those that its slots could run.
import type { Lane } from '../../../controller/core/experiment.ts';
import type { LaneContext } from '../../../controller/loop/context.ts';
import { runLane } from '../../../controller/loop/loop.ts';
import { MemoryMachine } from '../../memory/executor.ts';
import { MemoryFrontier } from '../../memory/frontier.ts';
import { sealedRun } from '../../memory/sealed.ts';
import { MemoryStore } from '../../memory/store.ts';
import { LifeClock, quiet, Time } from '../../sim/clock.ts';
import { sequence } from '../../sim/dice.ts';
import { countedIdeas } from './counted-ideas.ts';

export interface Distances {
  /** Milliseconds of a call, give or take a fifth. */
  readonly storeMs: number;
  readonly frontierMs: number;
  readonly clusterMs: number;
}

const RUN_SECONDS = 330;
/** The first runs all begin at once; what is measured begins when the second ones are on their way. */
const SETTLING_MS = 1000 * (RUN_SECONDS + 60);

/** Shares of what so many slots could do: of their time, that runs took; and of the experiments, that were decided. */
export async function shareOfWanted(
  at: Distances,
  width: number,
  measuredSeconds: number,
): Promise<{ taken: number; decided: number }> {
  const time = new Time();
  const clock = new LifeClock(time);
  const far = new LifeClock(time);
  const chance = sequence(1);
  const slow = <T extends object>(target: T, delays: Readonly<Record<string, number>>): T =>
    new Proxy(target, {
      get(inner, method) {
        const member: unknown = Reflect.get(inner, method);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const ms = delays[String(method)] ?? 0;
          if (ms > 0) await far.sleep(ms * (0.8 + 0.4 * chance()));
          return member.apply(inner, args);
        };
      },
    });
  const machine = new MemoryMachine(
    ({ trainPy }, { nonce, rng }) => ({
      durationMs: Math.round(1000 * RUN_SECONDS * (0.9 + 0.2 * rng())),
      ending: {
        sealed: JSON.stringify(sealedRun(trainPy, nonce, Number((3 + rng()).toFixed(6)), RUN_SECONDS)),
        word: '',
        sentence: '',
      },
      log: 'step\n'.repeat(100),
    }),
    { now: () => time.ms },
  );
  const { storeMs, frontierMs, clusterMs } = at;
  const lane: Lane = {
    name: 'main',
    width,
    seed: 1,
    clocks: { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 },
    confirm: 0,
    requireSealed: true,
    ahead: 0,
    limits: { experiments: null, gpuHours: null, usd: null },
  };
  const endedMs: number[] = [];
  const ending = new AbortController();
  const context: LaneContext = {
    lane,
    store: slow(new MemoryStore(), { get: storeMs, putIfAbsent: storeMs, put: storeMs, list: storeMs }),
    frontier: slow(new MemoryFrontier(), { view: frontierMs, claim: frontierMs, keep: 2 * frontierMs }),
    executor: slow(machine.open(), { launch: clusterMs, log: clusterMs, remove: clusterMs }),
    clock,
    proposer: countedIdeas((n) => `# ${n}\n`),
    inputs: { trainPy: '# baseline\n', prepare: '', program: async () => '' },
    observer: {
      happened(event) {
        if (event.kind === 'trouble') throw new Error(event.sentence);
        if (event.kind === 'decided') endedMs.push(time.ms);
      },
      turn() {},
    },
    publish: async () => 5000,
    spentUsd: async () => 0,
    pollMs: 10_000,
  };
  let wake = () => {};
  const done = runLane(context, ending.signal, (now) => {
    wake = now;
  });
  let fullMs: number | null = null;
  let takenMs = 0;
  for (;;) {
    await quiet();
    if (fullMs === null && machine.taken('main') >= 0.98 * width) fullMs = time.ms;
    const fromMs = (fullMs ?? Number.POSITIVE_INFINITY) + SETTLING_MS;
    if (time.ms >= fromMs + 1000 * measuredSeconds) {
      ending.abort();
      for (let over = false; !over; ) {
        void done.then(() => {
          over = true;
        });
        time.ms = Math.min(clock.nextMs, far.nextMs, time.ms + 1000);
        clock.ring();
        far.ring();
        await quiet();
      }
      const untilMs = fromMs + 1000 * measuredSeconds;
      const decided = endedMs.filter((ms) => ms >= fromMs && ms < untilMs).length;
      return {
        taken: takenMs / (width * (time.ms - fromMs)),
        decided: decided / ((width / RUN_SECONDS) * measuredSeconds),
      };
    }
    const beforeMs = time.ms;
    const next = machine.nextChangeMs();
    const changes = next !== null && next <= Math.min(clock.nextMs, far.nextMs);
    time.ms = Math.max(time.ms, Math.min(clock.nextMs, far.nextMs, next ?? Number.POSITIVE_INFINITY));
    if (beforeMs >= fromMs) takenMs += machine.taken('main') * (time.ms - beforeMs);
    clock.ring();
    far.ring();
    if (changes) wake();
  }
}
