// What a page asks of a lane's store each time that it looks: it looks for days.
import { expect, test } from 'vitest';
import { pageLaneOf } from '../../controller/cli/read/page-lane.ts';
import type { Store } from '../../controller/ports.ts';
import { readLane } from '../../controller/wiring/lane-reader.ts';
import { storedLane } from '../cli/stored.ts';

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
