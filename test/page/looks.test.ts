// What a page asks of a lane's store each time that it looks: it looks for days.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pageLaneOf } from '../../controller/cli/read/page-lane.ts';
import { experimentId, type Proposal } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import type { Store } from '../../controller/ports.ts';
import { encode } from '../../controller/std/json.ts';
import { readLane } from '../../controller/wiring/lane-reader.ts';
import { storedLane } from '../cli/stored.ts';
import { settle } from '../double/time.ts';

test('a second look asks only for what may have changed since the first', async () => {
  await using lane = await storedLane();
  await lane.run(3);
  const reader = await readLane({ dir: lane.dir }, 'main');
  const asked: string[] = [];
  const store: Store = {
    get: (key) => {
      asked.push(key);
      return reader.store.get(key);
    },
    list: (prefix) => {
      asked.push(prefix);
      return reader.store.list(prefix);
    },
    put: (key, bytes) => reader.store.put(key, bytes),
    putIfAbsent: (key, bytes) => reader.store.putIfAbsent(key, bytes),
  };
  const source = pageLaneOf({ ...reader, store }, '0.0.0');
  const first = await source.look();
  const all = asked.splice(0).length;
  const second = await source.look();
  expect(second.summary).toEqual(first.summary);
  expect(second.decisions).toBe(first.decisions);
  expect(asked.map((key) => key.replace(/^.*main\//, '')).sort()).toEqual([
    'control.json',
    'replays/1.json',
    'spend/',
  ]);
  expect(asked.length).toBeLessThan(all);
});

test('a lane that lies elsewhere is not asked at each of hundreds of events: each question is paid for', async () => {
  await using lane = await storedLane();
  await lane.run(0);
  const reader = await readLane({ dir: lane.dir }, 'main');
  const far = {
    ...reader,
    settings: { ...reader.settings, store: { ...reader.settings.store, url: 's3://lab' } },
  };
  const paces = [reader, far].map((one) => pageLaneOf(one, '0.0.0'));
  expect(paces.map(({ soonMs, everyMs }) => [soonMs, everyMs])).toEqual([
    [500, 1000],
    [5000, 15_000],
  ]);
});

test('the store is asked about the runs of a wide lane side by side', async () => {
  const RUNS = 40;
  await using lane = await storedLane();
  await lane.run(0);
  const reader = await readLane({ dir: lane.dir }, 'main');
  const proposal = (n: number): Proposal => ({
    experiment: experimentId(n),
    description: `edit ${n}`,
    hypothesis: '',
    source: 'builtin',
    base: reader.ledger.tip!.commit,
    trainPy: `print(${n})\n`,
    program: '',
    stackOf: null,
    createdMs: 0,
  });
  for (let n = 1; n <= RUNS; n++) await reader.store.put(keys.proposal('main', n), encode(proposal(n)));
  // No question is answered before all are asked.
  let asked = 0;
  let answer = () => {};
  const answered = new Promise<void>((done) => {
    answer = done;
  });
  const store: Store = {
    get: async (key) => {
      if (key.endsWith('/record.json') && ++asked === RUNS) answer();
      if (key.endsWith('/record.json')) await answered;
      return reader.store.get(key);
    },
    list: (prefix) => reader.store.list(prefix),
    put: (key, bytes) => reader.store.put(key, bytes),
    putIfAbsent: (key, bytes) => reader.store.putIfAbsent(key, bytes),
  };
  const { summary } = await pageLaneOf({ ...reader, store }, '0.0.0').look();
  expect(summary.open).toHaveLength(RUNS);
});

test('an attempt that two looks meet at once is counted once', async () => {
  await using lane = await storedLane({ bpbOf: (n) => 2.5 + n / 100 });
  await lane.run(1);
  const folder = join(lane.paths.store, 'main', 'experiments', '000001');
  await rename(join(folder, 'record.json'), join(folder, 'away.json'));
  await rename(join(folder, '1', 'result.json'), join(folder, '1', 'away.json'));
  const reader = await readLane({ dir: lane.dir }, 'main');
  const { store } = reader;
  const far: Store = {
    get: async (key) => {
      await settle();
      return store.get(key);
    },
    list: (prefix) => store.list(prefix),
    put: (key, bytes) => store.put(key, bytes),
    putIfAbsent: (key, bytes) => store.putIfAbsent(key, bytes),
  };
  const source = pageLaneOf({ ...reader, store: far }, '0.0.0');
  const before = (await source.look()).summary.hours;
  await rename(join(folder, '1', 'away.json'), join(folder, '1', 'result.json'));
  await Promise.all([source.look(), source.look()]);
  expect((await source.look()).summary.hours).toBeCloseTo(2 * before, 9);
});
