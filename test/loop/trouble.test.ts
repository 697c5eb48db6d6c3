// What a trouble that ends a session costs: never what was paid for.
import { expect, test } from 'vitest';
import { keys } from '../../controller/core/keys.ts';
import type { LaneContext } from '../../controller/loop/context.ts';
import type { Proposer, Store } from '../../controller/ports.ts';
import type { VirtualTime } from '../double/time.ts';
import { laneOf, SLIP } from '../memory/lane.ts';

/** A proposer that takes its time, and what became of the requests. */
function slowly({ proposer }: LaneContext, time: VirtualTime, ms: number) {
  const requests = { ideas: 0, fixes: 0, thrownAway: 0 };
  const wait = async (signal: AbortSignal) => {
    await time.clock.sleep(ms, signal);
    if (signal.aborted) requests.thrownAway++;
    signal.throwIfAborted();
  };
  const slow: Proposer = {
    async propose(brief, count, signal) {
      requests.ideas++;
      await wait(signal);
      return proposer.propose(brief, count, signal);
    },
    async fix({ trainPy }, signal) {
      requests.fixes++;
      await wait(signal);
      return trainPy.replace(SLIP, '');
    },
  };
  return { slow, requests };
}

const slips: Proposer['propose'] = async ({ tip }) => {
  const idea = { description: 'a slip', hypothesis: '', source: 'builtin', stackOf: null } as const;
  return { kind: 'ideas', ideas: [{ ...idea, base: tip, trainPy: SLIP }] };
};

/** Seconds between the troubles, as people are told. */
const waits = (troubles: readonly string[]) =>
  troubles.map((sentence) => Number(/again in (\S+) s$/.exec(sentence)![1]));

test('while results.tsv cannot be written every idea that is asked for comes, and is tried', async () => {
  let requests = { ideas: 0, fixes: 0, thrownAway: 0 };
  const lane = laneOf({
    rules: { ahead: 1 },
    troubles: 1000,
    parts: (usual, time) => {
      const made = slowly(usual, time, 30_000);
      requests = made.requests;
      const publish: LaneContext['publish'] = async (decisions) => {
        if (decisions.length > 1 && decisions.length < 4) throw new Error('AccessDenied');
        return 0;
      };
      return { proposer: made.slow, publish };
    },
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.troubles().length).toBeGreaterThan(3);
  // Made ahead on a tip that has moved on since, and in conflict with what moved it.
  const dropped = lane.happened.filter(({ kind }) => kind === 'dropped').length;
  expect(requests).toEqual({ ideas: 3 + dropped, fixes: 0, thrownAway: 0 });
  expect(lane.measured).toHaveLength(4);
});

test('a trouble that lasts is looked at less and less often, though each session asks or publishes before it meets it', async () => {
  const lane = laneOf({
    troubles: 8,
    parts: (usual) => {
      let looks = 0;
      const list: LaneContext['executor']['list'] = async (name) => {
        const runs = await usual.executor.list(name);
        const { kept } = await usual.frontier.view();
        // Twice it answers: for the session to begin, and for its first turn.
        if (kept.length === 1 && looks++ % 3 === 2) throw new Error('the API is away');
        return runs;
      };
      const propose: Proposer['propose'] = async () => ({ kind: 'ideas', ideas: [] });
      return { executor: { ...usual.executor, list }, proposer: { propose, fix: async () => null } };
    },
  });
  await lane.run();
  // Before the first the baseline's run was removed.
  expect(waits(lane.troubles().slice(1, 7))).toEqual([1, 2, 5, 15, 60, 60]);
});

test('a repair that a session asked for is launched by a later one, and asked for once', async () => {
  let requests = { ideas: 0, fixes: 0, thrownAway: 0 };
  let broken = 0;
  const lane = laneOf({
    rules: { limits: { experiments: 1, gpuHours: null, usd: null } },
    parts: (usual, time) => {
      const made = slowly({ ...usual, proposer: { ...usual.proposer, propose: slips } }, time, 4000);
      requests = made.requests;
      const list: LaneContext['executor']['list'] = async (name) => {
        if (requests.fixes > 0 && broken < 4) {
          broken++;
          throw new Error('the API is away');
        }
        return usual.executor.list(name);
      };
      return { proposer: made.slow, executor: { ...usual.executor, list } };
    },
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(broken).toBe(4);
  expect(requests).toEqual({ ideas: 1, fixes: 1, thrownAway: 0 });
  expect(lane.measured.slice(1)).toEqual([SLIP, '']);
});

test('a repair that comes while the loop looks around is not asked for again', async () => {
  let requests = { ideas: 0, fixes: 0, thrownAway: 0 };
  const lane = laneOf({
    rules: { limits: { experiments: 1, gpuHours: null, usd: null } },
    parts: (usual, time) => {
      const made = slowly({ ...usual, proposer: { ...usual.proposer, propose: slips } }, time, 4000);
      requests = made.requests;
      const spentUsd = async () => {
        await time.driver.sleep(5000, new AbortController().signal);
        return 0;
      };
      return { proposer: made.slow, spentUsd };
    },
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(requests).toEqual({ ideas: 1, fixes: 1, thrownAway: 0 });
});

test.each<[string, (store: Store, ...put: Parameters<Store['putIfAbsent']>) => Promise<unknown>]>([
  ['before', async () => {}],
  ['after', (store, key, bytes) => store.putIfAbsent(key, bytes)],
])('an idea on whose way to an id the store breaks, %s it is written, is tried once', async (_, effect) => {
  let asked = 0;
  let broken = false;
  const lane = laneOf({
    rules: { limits: { experiments: 1, gpuHours: null, usd: null } },
    parts: ({ store, proposer }) => ({
      proposer: {
        ...proposer,
        propose: (...brief) => {
          asked++;
          return proposer.propose(...brief);
        },
      },
      store: {
        get: (key) => store.get(key),
        put: (key, bytes) => store.put(key, bytes),
        list: (prefix) => store.list(prefix),
        async putIfAbsent(key, bytes) {
          if (broken || key !== keys.proposal('main', 1)) return store.putIfAbsent(key, bytes);
          broken = true;
          await effect(store, key, bytes);
          throw new Error('the connection broke');
        },
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.troubles()).toHaveLength(1);
  expect([asked, lane.measured.length]).toEqual([1, 2]);
});

test('a request that is under way when the lane ends is ended with it', async () => {
  let requests = { ideas: 0, fixes: 0, thrownAway: 0 };
  const lane = laneOf({
    rules: { ahead: 1 },
    troubles: 0,
    parts: (usual, time) => {
      const made = slowly(usual, time, 30_000);
      requests = made.requests;
      const list: LaneContext['executor']['list'] = async (name) => {
        if (requests.ideas > 0) throw new Error('the API is away');
        return usual.executor.list(name);
      };
      return { proposer: made.slow, executor: { ...usual.executor, list } };
    },
  });
  expect((await lane.run()).reason).toBe('asked');
  await lane.time.advance(0);
  expect(requests).toEqual({ ideas: 1, fixes: 0, thrownAway: 1 });
});

test.each([
  [
    'only once it was asked to stop, as Ctrl-C ends a git that is just being started',
    -1,
    'stopped as asked; run it again to go on',
  ],
  ['before it was asked to stop', 0, 'stopped as asked, in trouble: git said nothing'],
])('a lane that failed %s, says so or not', async (_, troubles, sentence) => {
  let began = false;
  const observer = (usual: LaneContext): LaneContext['observer'] => ({
    ...usual.observer,
    happened(what) {
      began ||= what.kind === 'began';
      usual.observer.happened(what);
    },
  });
  const list: (usual: LaneContext) => LaneContext['executor']['list'] = (usual) => async (name) => {
    if (began) throw new Error('git said nothing');
    return usual.executor.list(name);
  };
  const parts = (usual: LaneContext) => ({
    observer: observer(usual),
    executor: { ...usual.executor, list: list(usual) },
  });
  const lane = laneOf({ troubles, parts });
  expect(await lane.run()).toEqual({ reason: 'asked', sentence });
  const brokenOff = { kind: 'broken off', sentence: 'while the lane stopped: git said nothing' };
  expect(lane.happened.filter(({ kind }) => kind === 'broken off')).toEqual([brokenOff]);
});

test('runs that cannot be removed keep no row from being published, and the lane from no end', async () => {
  let published = 0;
  const lane = laneOf({
    parts: ({ executor }) => ({
      executor: {
        ...executor,
        remove: async () => {
          throw new Error('processes of the run do not end; end them by hand: kill -9 7');
        },
      },
      publish: async (decisions) => {
        published = decisions.length;
        return 0;
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  const decided = lane.happened.filter(({ kind }) => kind === 'decided').length;
  expect(published).toBe(decided);
  expect(decided).toBeGreaterThan(1);
  for (const sentence of lane.troubles())
    expect(sentence).toMatch(/kill -9 7; its removal is tried again in 60 s$/);
  expect(lane.troubles().length).toBeGreaterThan(0);
});
