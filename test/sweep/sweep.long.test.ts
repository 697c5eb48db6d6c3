// Every point of the crash sweep by SIGKILL: `npm run test:long`.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { killed, legsIn, pointsOf, sweep } from './points.ts';
import { type ScriptName, scripts } from './script.ts';

test.each(Object.keys(scripts) as ScriptName[])(
  'killed by SIGKILL before and after every external call of %s',
  async (script) => {
    const dir = await mkdtemp(join(tmpdir(), 'sweep-legs-'));
    try {
      const points = pointsOf(await legsIn(dir, script));
      const met = await sweep(points, 4, killed);
      expect(met).toBeGreaterThan(points.length / 2);
      console.log(`crash sweep: ${met} of ${points.length} points of ${script} met by SIGKILL`);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
);
