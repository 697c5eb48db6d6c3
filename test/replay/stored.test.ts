// Replays in the store of their lane.
import { expect, test } from 'vitest';
import { keys } from '../../controller/core/keys.ts';
import type { Replay } from '../../controller/core/replay.ts';
import { replayOf, StoredReplays, storeReplay } from '../../controller/replay/stored.ts';
import { utf8 } from '../../controller/std/text.ts';
import { crashed, finished, lane } from '../core/trials.ts';
import { MemoryStore } from '../memory/store.ts';
import { WrittenLane } from '../page/written-lane.ts';

const written = new WrittenLane();
const baseline = written.decide({ conditions: conditionsWith('d'.repeat(16)) });
const tip = written.decide({ status: 'keep', conditions: conditionsWith('d'.repeat(16)) });

function conditionsWith(data: string): string {
  return `prepare:x supervise:y data:${data} image:image gpu:card budget:300s`;
}

function replay(change: Partial<Replay> = {}): Replay {
  const outcomes = [
    { measurement: { side: 'baseline' as const, seed: 1 }, outcome: finished(1) },
    { measurement: { side: 'tip' as const, seed: 2 }, outcome: crashed('nan') },
  ];
  const said = replayOf(baseline, tip, outcomes, lane.clocks.budgetSeconds);
  return { ...said, startedMs: 1, endedMs: 2, ...change };
}

test('each gets a number of its own, and is read again as it was', async () => {
  const store = new MemoryStore();
  const [first, second] = [replay(), replay({ startedMs: 9 })];
  expect([await storeReplay(store, 'main', first), await storeReplay(store, 'main', second)]).toEqual([1, 2]);
  expect(await new StoredReplays(store, 'main').all()).toEqual([first, second]);
  expect(await new StoredReplays(store, 'other').all()).toEqual([]);
});

test('two that end at once are both stored', async () => {
  const store = new MemoryStore();
  const numbers = await Promise.all(
    [1, 2, 3].map((startedMs) => storeReplay(store, 'main', replay({ startedMs }))),
  );
  expect(numbers.toSorted()).toEqual([1, 2, 3]);
  const stored = await new StoredReplays(store, 'main').all();
  expect(stored.map(({ startedMs }) => startedMs).toSorted()).toEqual([1, 2, 3]);
});

test('each is read once, and a new one is found by the next look', async () => {
  const store = new MemoryStore();
  const asked: string[] = [];
  const get = (key: string) => {
    asked.push(key);
    return store.get(key);
  };
  const replays = new StoredReplays({ get }, 'main');
  await storeReplay(store, 'main', replay());
  await replays.all();
  await storeReplay(store, 'main', replay());
  expect(await replays.all()).toHaveLength(2);
  expect(asked).toEqual([1, 2, 2, 3].map((n) => keys.replay('main', n)));
});

test('one that cannot be read is named, and hides no other', async () => {
  const store = new MemoryStore();
  await storeReplay(store, 'main', replay());
  await store.put(keys.replay('main', 2), utf8('{"half":'));
  await storeReplay(store, 'main', replay());
  const replays = new StoredReplays(store, 'main');
  expect(await replays.all()).toHaveLength(2);
  expect(replays.damaged).toEqual(['main/replays/2.json']);
});

test('it holds every measurement: its number, or why there is none', () => {
  expect(replay()).toMatchObject({
    baseline: { experiment: '000000', commit: baseline.commit },
    tip: { experiment: '000001', commit: tip.commit },
    claimed: 0.001,
    unseen: false,
    measured: [
      { side: 'baseline', seed: 1, valBpb: 1, why: '', conditions: expect.stringContaining('budget:300s') },
      { side: 'tip', seed: 2, valBpb: null, why: 'nan: it was nan', conditions: '' },
    ],
  });
});

test('on another text than the rows it says so', () => {
  const outcomes = [
    {
      measurement: { side: 'tip' as const, seed: 2 },
      outcome: finished(1, { data_sha256: 'e'.repeat(64) }),
    },
  ];
  expect(replayOf(baseline, tip, outcomes, 300)).toMatchObject({ unseen: true });
});
