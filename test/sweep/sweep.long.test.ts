// Every point of the crash sweep by SIGKILL: `npm run test:long`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { each, killed, legsIn, named, pointsOf } from './points.ts';

test('killed by SIGKILL before and after every external call', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sweep-legs-'));
  try {
    const points = pointsOf(await legsIn(dir));
    await each(points, 4, async (point) => {
      expect(await killed(point), `killed ${named(point)}`).toEqual(point.leg.remains);
    });
    console.log(`crash sweep: all ${points.length} points by SIGKILL`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
