// Every point of the crash sweep by SIGKILL: `npm run test:long`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killed, legsIn, pointsOf, sweep } from './points.ts';

test('killed by SIGKILL before and after every external call', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'sweep-legs-'));
  try {
    const points = pointsOf(await legsIn(dir));
    const met = await sweep(points, 4, killed);
    expect(met).toBeGreaterThan(points.length / 2);
    console.log(`crash sweep: ${met} of ${points.length} points met by SIGKILL`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
