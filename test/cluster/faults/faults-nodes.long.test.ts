// Machines that die, stand still and come back, under a lane at work. Nothing else may use the cluster meanwhile.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { mendCluster } from '../bring-up/kind.ts';
import { needsCluster, theCluster } from '../fixture.ts';
import { sleeper } from './lab.ts';
import { controlPlane, kill, killApiServer, needsNodes, paused, unmended } from './nodes.ts';
import { remainsOf } from './remains.ts';
import { NEXT, STRUCK, struckLanes } from './struck.ts';

const found = await theCluster();
const MINUTE = 60_000;
const inLab = struckLanes(found);

describe('a run', { timeout: 20 * MINUTE }, () => {
  beforeEach(needsCluster(found));
  beforeEach(needsNodes(found));
  afterAll(async () => {
    if (!('missing' in found)) await mendCluster();
  });

  it('whose worker dies for good is tried again on another one', async () => {
    await inLab(sleeper(20), {}, async (lab) => {
      const work = await lab.work();
      const { spec } = await lab.running(STRUCK, 1);
      await unmended(async () => {
        await kill(spec!.nodeName!);
        try {
          expect(await work.ends(), work.story).toBe(0);
        } finally {
          await mendCluster();
        }
      });
      const { outcomes, tried } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['lost node_lost', 'finished'], [NEXT]: ['finished'] });
      expect(tried[STRUCK]![1]!.outcome.node).not.toBe(spec!.nodeName);
    });
  });

  it('whose worker is off for a minute is tried again', async () => {
    await inLab(sleeper(20), {}, async (lab) => {
      const work = await lab.work();
      const { spec } = await lab.running(STRUCK, 1);
      await unmended(async () => {
        await kill(spec!.nodeName!);
        await pause(MINUTE); // how long the fault lasts
        await mendCluster();
      });
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['lost node_lost', 'finished'], [NEXT]: ['finished'] });
    });
  });

  it.each([
    ['worker stands still', (node: string) => paused(node, () => pause(MINUTE))],
    ['control plane stands still', () => paused(controlPlane, () => pause(MINUTE))],
  ])('whose %s for a minute goes on, and ends as if nothing had been', async (_, strike) => {
    await inLab(sleeper(20), {}, async (lab) => {
      const work = await lab.work();
      const { spec } = await lab.running(STRUCK, 1);
      await unmended(() => strike(spec!.nodeName!));
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
    });
  });

  it('whose API server is killed goes on, and ends as if nothing had been', async () => {
    await inLab(sleeper(20), {}, async (lab) => {
      const work = await lab.work();
      await lab.running(STRUCK, 1);
      await killApiServer();
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
    });
  });
});
