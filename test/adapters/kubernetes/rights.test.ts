// What the chart's Role allows, what doctor asks for, and what the controller calls: the same, verb by verb.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { QUEUE_RIGHT, RIGHTS } from '../../../controller/adapters/kubernetes/doctor/checks.ts';
import { Announcer } from '../../../controller/adapters/kubernetes/events.ts';
import { keepLease } from '../../../controller/adapters/kubernetes/lease.ts';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { anchorOf } from '../../../controller/wiring/cluster-lane.ts';
import { LaneOnCluster } from '../../double/lane.ts';
import { intentLike, poolLike, Rig } from '../../double/rig.ts';

/** Of one name only: whoever runs without the chart has no anchor, and doctor does not ask for it. */
const ANCHOR = 'get configmaps';

interface Rule {
  readonly resources: string[];
  readonly verbs: string[];
}

async function allowed(): Promise<string[]> {
  const file = join(import.meta.dirname, '..', '..', '..', 'manifests', 'autoresearch.yaml');
  const objects = parseAllDocuments(await readFile(file, 'utf8')).map((one) => one.toJS());
  const [role] = objects.filter((one) => one?.kind === 'Role');
  const rules: Rule[] = role.rules;
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
}

/** Verbs of the requests that the double has seen. */
async function called(): Promise<Set<string>> {
  const lane = await LaneOnCluster.start();
  await lane.begin().stopped;
  const rig = await Rig.start();
  const { cluster } = rig;
  const { time, namespace } = cluster;
  const api = rig.api();
  const over = new AbortController();
  // Taken, renewed and given back.
  const release = await keepLease(
    { api, namespace, holder: 'a', anchor: null },
    'main',
    over.signal,
    () => {},
  );
  await release();
  const announcer = new Announcer({
    api,
    clock: time.clock,
    namespace,
    jobOf: () => ({ name: 'job', uid: '' }),
  });
  announcer.launched({ lane: 'main', experiment: '000001', attempt: 1 }, 'x');
  await announcer.settled();
  cluster.objects.create('configmaps', { metadata: { name: 'anchor', namespace } });
  await anchorOf(api, namespace, 'anchor');
  // One that has no Pod for want of quota, and one that Kueue suspends.
  cluster.quota('none', { pods: '0' });
  const executor = rig.open({ pool: poolLike({ queue: 'research' }) });
  await executor.launch(intentLike());
  await executor.list('main');
  await time.advance(10_000);
  await executor.list('main');
  cluster.api.absent.clear();
  cluster.suspend(jobName(intentLike()));
  await time.advance(60_000);
  await executor.list('main');
  over.abort();
  const verbs = new Set([...lane.rig.cluster.api.counts.keys(), ...cluster.api.counts.keys()]);
  await Promise.all([lane.rig.close(), rig.close()]);
  return verbs;
}

test('the chart allows what doctor asks for, and nothing else', async () => {
  const asked = [...RIGHTS, QUEUE_RIGHT].flatMap(({ resource, subresource, verbs }) =>
    verbs.map((verb) => `${verb} ${subresource ? `${resource}/${subresource}` : resource}`),
  );
  expect((await allowed()).sort()).toEqual([...asked, ANCHOR].sort());
});

test('the controller calls what the chart allows, and needs all of it', async () => {
  expect([...(await called())].sort()).toEqual((await allowed()).sort());
});
