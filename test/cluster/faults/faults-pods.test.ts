// What a cluster does to a run, done to it for real: the attempt that came of it, and that nothing is lost or doubled.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../../controller/adapters/kubernetes/client/objects.ts';
import { needsCluster, theCluster } from '../fixture.ts';
import { evict, jobOf, type Lab, plain, target } from './lab.ts';
import { freeze, needsNodes } from './nodes.ts';
import { remainsOf } from './remains.ts';
import { NEXT, STRUCK, struckLanes } from './struck.ts';

const found = await theCluster();
const MINUTES = 60_000;

const inLab = struckLanes(found);

describe.concurrent('a run on the cluster', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it.each([
    ['its Pod is evicted through the API', evict, 'lost drained'],
    ['its Pod is deleted by hand', deletePod, 'lost deleted'],
    ['its Job is deleted by hand', deleteJob, 'lost deleted'],
  ])('is tried again when %s', async (_, strike, outcome) => {
    await inLab(target, {}, async (lab) => {
      const work = await lab.work();
      await strike(lab, await lab.running(STRUCK, 1));
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: [outcome, 'finished'], [NEXT]: ['finished'] });
    });
  });

  it('is a crash when it runs out of the memory that its Pod may have', async () => {
    const hungry = `held = []\nwhile True: held.append(bytearray(1 << 26))\n`;
    await inLab(hungry, {}, async (lab) => {
      const work = await lab.work();
      expect(await work.ends(), work.story).toBe(0);
      const ends = (await lab.pods()).map(({ status }) => status?.containerStatuses?.[0]?.state?.terminated);
      expect(ends.map((end) => end?.reason).sort()).toEqual(['Completed', 'OOMKilled']);
      const { outcomes, rows } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['crashed oom'], [NEXT]: ['finished'] });
      expect(rows.find((row) => row.experiment === STRUCK)).toMatchObject({ status: 'crash', error: 'oom' });
    });
  });

  it('is a crash when it outlives its wall and its supervisor, and the deadline of its Pod ends it', async (context) => {
    needsNodes(found)(context);
    // Time enough to stop it before, and for the experiment after it.
    await inLab(target, { lane: { wallSeconds: 90 }, pool: { pullSeconds: 1 } }, async (lab) => {
      const work = await lab.work();
      const pod = await lab.running(STRUCK, 1);
      await freeze(pod);
      const { msg } = await work.says('what came of it', ({ outcome }) => outcome !== undefined, 600);
      expect(msg).toMatch(/^killed by the Pod's deadline after \d+ s$/);
      expect(await work.ends(), work.story).toBe(0);
      const { outcomes, rows } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['crashed timeout'], [NEXT]: ['finished'] });
      expect(rows.find((row) => row.experiment === STRUCK)).toMatchObject({
        error: 'timeout',
        val_bpb: '0.000000',
      });
    });
  });

  it('waits, and says why, while its image does not exist, and runs as the same attempt once it does', async () => {
    await inLab(plain('struck'), {}, async (lab) => {
      const before = await lab.work({ image: 'registry.invalid/no-such-trainer:1' });
      const waits = /^waiting: 000001: image cannot be pulled: .*registry\.invalid/;
      await before.says('that it waits for the image', ({ msg }) => waits.test(msg));
      before.signal('SIGTERM');
      expect(await before.ends()).toBe(0);
      const after = await lab.work();
      expect(await after.ends(), after.story).toBe(0);
      const { outcomes } = await remainsOf(lab);
      expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
    });
  });
});

function deletePod(lab: Lab, { metadata }: Pod): Promise<void> {
  return lab.delete(lab.path('', 'pods', metadata!.name));
}

function deleteJob(lab: Lab): Promise<void> {
  return lab.delete(lab.path('batch', 'jobs', jobOf(STRUCK, 1)));
}
