// I9 on the real repository, store and processes: ended around any external call and begun again, the end is the same.
import { beforeAll, expect, test } from 'vitest';
import { dropped, each, finish, inFolder, killed } from './points.ts';
import { type Remains, remainsOf } from './remains.ts';

const AT_ONCE = 3;
const KILLS = 60;

let undisturbed: { calls: number; remains: Remains };

beforeAll(async () => {
  undisturbed = await inFolder(async (dir) => ({ calls: await finish(dir), remains: await remainsOf(dir) }));
}, 120_000);

test('the scenario holds a keep, a discard, a fixed crash, one beyond fixing, a timeout and a lost run', () => {
  const { rows, frontier, begun, runs } = undisturbed.remains;
  expect(rows).toMatchObject([
    { experiment: '000000', status: 'keep', val_bpb: '2.000000' },
    { experiment: '000001', status: 'keep', val_bpb: '1.900000' },
    { experiment: '000002', status: 'discard', val_bpb: '1.950000' },
    { experiment: '000003', status: 'keep', val_bpb: '1.850000', attempts: '2' },
    { experiment: '000004', status: 'crash', error: 'syntax' },
    { experiment: '000005', status: 'crash', error: 'timeout' },
    { experiment: '000006', status: 'keep', val_bpb: '1.800000', attempts: '2' },
  ]);
  expect(frontier).toHaveLength(4);
  expect(begun).toHaveLength(9);
  expect(runs).toEqual([]);
});

test('dropped from memory around every external call', { timeout: 900_000 }, async () => {
  // Nothing durable lies between the end of one call and the beginning of the next: `after` of each, and one `before`.
  const ks = Array.from({ length: undisturbed.calls + 5 }, (_, i) => i + 1);
  let points = 0;
  await each(ks, AT_ONCE, async (k) => {
    const { call, remains } = await dropped(k, k % 7 === 1 ? 'before' : 'after');
    if (call === null) return;
    points++;
    expect(remains, `after being dropped around call ${k}, ${call}`).toEqual(undisturbed.remains);
  });
  console.log(`crash sweep: ${points} points by dropping everything in memory`);
  expect(points).toBeGreaterThan(undisturbed.calls * 0.9);
});

test(`killed by SIGKILL around ${KILLS} external calls`, { timeout: 900_000 }, async () => {
  const step = undisturbed.calls / KILLS;
  let points = 0;
  await each(
    Array.from({ length: KILLS + 6 }, (_, i) => i),
    AT_ONCE,
    async (i) => {
      const k = 1 + Math.floor((i % KILLS) * step);
      const { call, remains } = await killed(k, i % 2 === 0 ? 'after' : 'before');
      if (call === null) return;
      points++;
      expect(remains, `after SIGKILL around call ${k}`).toEqual(undisturbed.remains);
    },
  );
  console.log(`crash sweep: ${points} points by SIGKILL`);
  expect(points).toBeGreaterThanOrEqual(KILLS);
});
