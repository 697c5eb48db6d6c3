// A volume that ignores fsGroup, as NFS and hostPath do: what kubectl says of the controller, and that the named way out works.
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { clusterName } from '../bring-up/kind.ts';
import { loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { Release, until } from './release.ts';
import { imageOf } from './small-values.ts';
import { claimVolume, removeVolume } from './volume.ts';

const found = await theCluster(['helm']);
const namespace = `unwritable-${process.pid}`;
const MINUTES = 60_000;

beforeEach(needsCluster(found));
beforeAll(async () => {
  if ('missing' in found) return;
  await found.kubectl(['create', 'namespace', namespace]);
});
afterAll(async () => {
  if ('missing' in found) return;
  await found.kubectl(['delete', 'namespace', namespace, `${namespace}-runs`, '--ignore-not-found']);
  await removeVolume(found, namespace);
}, 5 * MINUTES);

it('a volume that is not the controller’s ends it with whose it is and what to do, and done so it works', {
  timeout: 15 * MINUTES,
}, async () => {
  const controller = await loadedImage(present(found), 'controller');
  const release = new Release(present(found), namespace);
  const existingClaim = await claimVolume(present(found), namespace, true);
  await release.install({
    runs: { namespace: `${namespace}-runs`, createNamespace: true },
    image: imageOf(controller),
    persistence: { existingClaim },
    resources: { requests: { cpu: '50m' } },
  });
  const last = '{.items[0].status.containerStatuses[0].lastState.terminated}';
  const ended = await until('an end of the container', 5, async () => {
    const told = await release.kubectl('get', 'pods', '-o', `jsonpath=${last}`);
    return told === '' ? null : (JSON.parse(told) as { exitCode: number; message: string });
  });
  expect(ended.exitCode).toBe(3);
  expect(ended.message).toContain(
    "/data belongs to 0:0, and this controller runs as 65532:65532: its volume ignores fsGroup. Give the volume's folder to 65532:65532",
  );
  const path = `/var/lib/autoresearch-test/${namespace}/data`;
  await execa('docker', ['exec', `${clusterName}-worker`, 'chown', '65532:65532', path]);
  await release.ready();
});
