// A lane whose controller stays up: what a person does to it after a cap has stopped it.
import { expect, test } from 'vitest';
import { type Control, noControl } from '../../controller/core/control.ts';
import { keys } from '../../controller/core/keys.ts';
import type { LaneContext, Stop } from '../../controller/loop/context.ts';
import { runRounds } from '../../controller/loop/rounds.ts';
import { encode } from '../../controller/std/json.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { appending, quick } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';
import { MemoryStore } from '../memory/store.ts';

const capped = (experiments: number): Control => ({
  ...noControl,
  limits: { ...noControl.limits, experiments },
});

/** A lane of at most 5 experiments that a person caps at 1; `idle` happens at the nth look of a lane that has stopped. */
function laneOf(idle: (n: number, lane: ReturnType<typeof partsOf>) => Promise<void>) {
  const parts = partsOf();
  let looks = 0;
  const clock: LaneContext['clock'] = {
    now: () => parts.time.nowMs,
    async sleep(ms, signal) {
      if (ms === 10_000) await idle(++looks, parts);
      return parts.time.driver.sleep(ms, signal);
    },
  };
  const context: LaneContext = {
    lane: { ...quick, limits: { ...quick.limits, experiments: 5 } },
    store: parts.store,
    frontier: parts.frontier,
    executor: parts.machine.open(),
    clock,
    proposer: appending,
    inputs: { trainPy: 'print(1)\n', prepare: '', program: async () => '' },
    observer: {
      happened(event) {
        if (event.kind === 'decided') parts.decided.push(event.decision.experiment);
        if (event.kind === 'decided' && parts.taken) void parts.frontier.claim();
        parts.taken &&= event.kind === 'decided' ? '' : parts.taken;
      },
      turn() {},
    },
    publish: async () => 0,
    spentUsd: async () => 0,
    pollMs: 1000,
  };
  const run = async (stays = true) => {
    await parts.hand(capped(1));
    return runRounds(context, parts.ending.signal, () => {}, {
      lead: async () => {
        parts.told.push('leads');
        return async () => {
          parts.told.push('gives back');
          return { lost: parts.lost };
        };
      },
      stopped: async (stop: Stop) => void parts.told.push(`${stop.reason} after ${parts.decided.length}`),
      trouble: (sentence) => parts.told.push(sentence),
      stays,
    });
  };
  return Object.assign(parts, { run });
}

function partsOf() {
  const time = new VirtualTime();
  const store = new MemoryStore();
  const machine = new MemoryMachine(({ experiment, trainPy }, { nonce }) => {
    const sealed = JSON.stringify(sealedRun(trainPy, nonce, 2.5 - Number(experiment) / 100, 1));
    return { durationMs: 1000, log: '', ending: { word: '', sentence: '', sealed } };
  }, time.driver);
  const hand = (control: Control) => store.put(keys.control('main'), encode(control));
  const [decided, told]: [string[], string[]] = [[], []];
  const frontier = new MemoryFrontier();
  return {
    time,
    store,
    machine,
    frontier,
    hand,
    decided,
    told,
    lost: false,
    taken: '',
    ending: new AbortController(),
  };
}

const ROUND = ['leads', 'gives back'];

test('a lane that a cap stopped goes on once the cap is lifted, and stops at the next', async () => {
  const lane = laneOf(async (n, { hand, ending }) => {
    if (n === 3) await hand(capped(3));
    if (n === 5) ending.abort();
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.told).toEqual([...ROUND, 'limit after 2', ...ROUND, 'limit after 4']);
});

test("a person's own file is measured by a lane that a cap stopped", async () => {
  const lane = laneOf(async (n, { store, ending }) => {
    const proposal = JSON.parse(new TextDecoder().decode((await store.get(keys.proposal('main', 1)))!));
    const mine = { ...proposal, experiment: '000002', source: 'human', trainPy: 'print(2)\n' };
    if (n === 1) await store.put(keys.proposal('main', 2), encode(mine));
    if (n === 2) ending.abort();
  });
  await lane.run();
  expect(lane.decided).toEqual(['000000', '000001', '000002']);
});

test('a lane whose Lease another controller took waits for its end as at the start, and stops for one from elsewhere', async () => {
  const lane = laneOf(async (_, { ending }) => ending.abort());
  Object.assign(lane, { taken: 'in the middle', lost: true });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.told).toEqual([...ROUND, ...ROUND, 'limit after 2']);
  const elsewhere = laneOf(async () => {});
  Object.assign(elsewhere, { taken: 'in the middle' });
  expect((await elsewhere.run()).reason).toBe('fenced');
  expect(elsewhere.told).toEqual([...ROUND, 'fenced after 1']);
});

test('a lane begins nothing anew while nobody does anything', async () => {
  const lane = laneOf(async (n, { hand, ending }) => {
    await hand(capped(1));
    if (n === 20) ending.abort();
  });
  await lane.run();
  expect(lane.told).toEqual([...ROUND, 'limit after 2']);
});

test('a store that does not answer is asked again', async () => {
  const lane = laneOf(async (n, { store, hand, ending }) => {
    const { get } = store;
    if (n === 1)
      store.get = async () => {
        store.get = get;
        throw new Error('the store does not answer');
      };
    if (n === 2) await hand(capped(2));
    if (n === 3) ending.abort();
  });
  await lane.run();
  expect(lane.told).toEqual([
    ...ROUND,
    'limit after 2',
    'the store does not answer; looking again in 10 s',
    ...ROUND,
    'limit after 3',
  ]);
});

test('a controller that is ended while it waits for its turn takes the lane from nobody', async () => {
  const lane = laneOf(async () => expect.unreachable());
  lane.ending.abort();
  expect(await lane.run()).toMatchObject({ reason: 'asked' });
  expect(lane.told).toEqual([...ROUND, 'asked after 0']);
  expect((await lane.frontier.view()).writer).toBeNull();
});

test('a controller that does not stay up ends at a cap', async () => {
  const lane = laneOf(async () => expect.unreachable());
  expect(await lane.run(false)).toMatchObject({ reason: 'limit' });
});
