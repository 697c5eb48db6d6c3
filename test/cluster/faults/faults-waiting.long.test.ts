// A run that cannot begin: the reason in words, the same attempt once it can, and no attempt used up.
import { beforeEach, describe, expect, it } from 'vitest';
import { needsCluster, theCluster } from '../fixture.ts';
import { type Lab, plain } from './lab.ts';
import { remainsOf } from './remains.ts';
import { NEXT, STRUCK, struckLanes } from './struck.ts';
import { until } from './waiting.ts';
import type { Work } from './work.ts';

const found = await theCluster();
const MINUTES = 60_000;
const inLab = struckLanes(found);

describe.concurrent('a run that waits', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('for a node that has the labels of its pool begins when one joins', async () => {
    const wanted = `faults.autoresearch.dev/pool-${process.pid}`;
    await inLab(plain('struck'), { pool: { nodeSelector: { [wanted]: 'late' } } }, async (lab) => {
      const work = await lab.work();
      const why =
        /^waiting: 000001: 0\/\d+ nodes are available: .*didn't match Pod's node affinity\/selector/;
      await work.says('that no node matches', ({ msg }) => why.test(msg));
      const joins = await aWorker(lab);
      await lab.change(`/api/v1/nodes/${joins}`, { metadata: { labels: { [wanted]: 'late' } } });
      try {
        await bothFinish(lab, work);
      } finally {
        await lab.change(`/api/v1/nodes/${joins}`, { metadata: { labels: { [wanted]: null } } });
      }
    });
  });

  it.each([
    ['Jobs', { 'count/jobs.batch': '0' }, /^no room in the quota: .*exceeded quota: none/],
    ['Pods', { pods: '0' }, /^waiting: 000001: no Pod can be created: .*exceeded quota: none/],
  ])('for room in a quota of no %s begins when that is lifted', async (_, hard, why) => {
    await inLab(plain('struck'), {}, async (lab) => {
      const quota = lab.path('', 'resourcequotas');
      await lab.make(quota, { metadata: { name: 'none' }, spec: { hard } });
      await quotaCounts(lab);
      const work = await lab.work();
      await work.says('that the quota has no room', ({ msg }) => why.test(msg));
      await lab.delete(`${quota}/none`);
      await bothFinish(lab, work);
    });
  });
});

async function bothFinish(lab: Lab, work: Work): Promise<void> {
  expect(await work.ends(), work.story).toBe(0);
  const { outcomes } = await remainsOf(lab);
  expect(outcomes).toMatchObject({ [STRUCK]: ['finished'], [NEXT]: ['finished'] });
}

async function aWorker(lab: Lab): Promise<string> {
  const nodes = await lab.list<{ metadata: { name: string; labels: Record<string, string> } }>(
    '/api/v1/nodes',
  );
  const worker = nodes.find(({ metadata }) => !('node-role.kubernetes.io/control-plane' in metadata.labels));
  if (!worker) throw new Error('there is no worker');
  return worker.metadata.name;
}

/** A quota holds once the cluster has counted what there is. */
function quotaCounts(lab: Lab): Promise<unknown> {
  const quotas = () => lab.list<{ status?: { used?: object } }>(lab.path('', 'resourcequotas'));
  return until('the quota counts', async () => (await quotas()).every(({ status }) => status?.used));
}
