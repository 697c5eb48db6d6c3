// One controller's sessions on parts in memory, where time passes while it sleeps.
import { expect, test } from 'vitest';
import { type Loop, runLane } from '../../controller/loop.ts';
import type { Frontier } from '../../controller/ports.ts';
import type { Happening } from '../../controller/watcher.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryMachine } from './executor.ts';
import { MemoryFrontier } from './frontier.ts';
import { sealedRun } from './sealed.ts';
import { MemoryStore } from './store.ts';

interface Settings {
  readonly trainPy?: string;
  readonly confirm?: number;
  readonly frontier?: (real: MemoryFrontier) => Frontier;
}

/** A lane of three experiments beyond the baseline, each of them better than the last. */
function laneOf({ trainPy = 'print(1)\n', confirm = 0, frontier = (real) => real }: Settings = {}) {
  const time = new VirtualTime();
  const real = new MemoryFrontier();
  let bpb = 2.5;
  const machine = new MemoryMachine((intent, { nonce }) => {
    bpb -= 0.01;
    const sealed = JSON.stringify(sealedRun(intent.trainPy, nonce, Number(bpb.toFixed(6)), 1));
    return { durationMs: 1000, log: 'step 1\n', ending: { word: '', sentence: '', sealed } };
  }, time.driver);
  const happened: Happening[] = [];
  const troubles = () => happened.filter(({ kind }) => kind === 'trouble');
  const ending = new AbortController();
  let n = 0;
  const loop: Loop = {
    lane: {
      name: 'main',
      width: 1,
      seed: 1,
      clocks: { budgetSeconds: 1, startSeconds: 10, wallSeconds: 10 },
      confirm,
      requireSealed: false,
      ahead: 0,
      limits: { experiments: 3, gpuHours: null, usd: null },
    },
    store: new MemoryStore(),
    frontier: frontier(real),
    executor: machine.open(),
    clock: time.driver,
    proposer: {
      async propose({ tip, trainPy }) {
        const idea = {
          description: `edit ${++n}`,
          hypothesis: '',
          source: 'builtin',
          stackOf: null,
        } as const;
        return { kind: 'ideas', ideas: [{ ...idea, base: tip, trainPy: `${trainPy}# ${n}\n` }] };
      },
      fix: async () => null,
    },
    brought: { trainPy, prepare: '', program: async () => '' },
    watcher: {
      happened(what) {
        happened.push(what);
        if (troubles().length > 10) ending.abort();
      },
      turn() {},
    },
    publish: async () => 0,
    spentUsd: async () => 0,
    pollMs: 1000,
  };
  return { real, troubles, run: () => runLane(loop, ending.signal, () => {}) };
}

test.each([0, 1])(
  'a train.py with a byte order mark is kept as it is, with %i confirmations',
  async (confirm) => {
    const trainPy = '\ufeffprint(1)\n';
    const lane = laneOf({ trainPy, confirm });
    expect((await lane.run()).reason).toBe('limit');
    expect(lane.troubles()).toEqual([]);
    const { kept } = await lane.real.view();
    expect(kept).toHaveLength(4);
    expect(kept[0]!.trainPy).toBe(trainPy);
  },
);

test('what was measured of such a file is found again after a trouble between its result and its verdict', async () => {
  let broken = false;
  const lane = laneOf({
    trainPy: '\ufeffprint(1)\n',
    frontier: (real) => ({
      view: () => real.view(),
      claim: () => real.claim(),
      sha: (...draft) => real.sha(...draft),
      async keep(...kept) {
        if (broken) return real.keep(...kept);
        broken = true;
        throw new Error('the connection broke');
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.troubles()).toHaveLength(1);
});

test.each([1, 2, 5])(
  'a lane that another took over while the remote was away stays the other’s, after %i looks in vain',
  async (looks) => {
    let away = 0;
    let other: Awaited<ReturnType<Frontier['claim']>> | undefined;
    const lane = laneOf({
      frontier: (real) => ({
        claim: () => real.claim(),
        keep: (...kept) => real.keep(...kept),
        sha: (...draft) => real.sha(...draft),
        async view() {
          const { kept } = await real.view();
          if (kept.length === 2 && !other) {
            other = await real.claim();
            away = looks;
          }
          if (away-- > 0) throw new Error('the remote does not answer');
          return real.view();
        },
      }),
    });
    expect((await lane.run()).reason).toBe('fenced');
    expect(lane.troubles()).toHaveLength(looks);
    const { writer, kept } = await lane.real.view();
    expect([writer, kept.length]).toEqual([other!.writer, 2]);
  },
);
