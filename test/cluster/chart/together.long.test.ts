// Two releases side by side: the same lane, the same namespaces, and neither sees the other. And two Pods of one release.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { Release, until } from './release.ts';
import { cpuPool, imageOf } from './small-values.ts';
import { claimVolume, removeVolume } from './volume.ts';

const found = await theCluster(['helm']);
const namespace = `together-${process.pid}`;
const runs = `${namespace}-runs`;
const MINUTES = 60_000;
const ALL = 4;

let one: Release;
let two: Release;
let values: (release: Release, experiments?: number) => object;

beforeAll(async () => {
  if ('missing' in found) return;
  const [controller, trainer] = [await loadedImage(found, 'controller'), await loadedImage(found, 'trainer')];
  await found.kubectl(['create', 'namespace', namespace]);
  await found.kubectl(['create', 'namespace', runs]);
  [one, two] = [new Release(found, namespace, 'one'), new Release(found, namespace, 'two')];
  for (const { name } of [one, two]) await claimVolume(found, namespace, false, name);
  values = ({ name }, experiments = ALL) => ({
    lanes: [
      {
        name: 'main',
        pool: 'a',
        trainer: 'cpu',
        budgetSeconds: 1,
        wallSeconds: 120,
        limits: { maxGpuHours: 2, experiments },
      },
    ],
    pools: [cpuPool(trainer)],
    runs: { namespace: runs, createNamespace: false, ttlSeconds: 600 },
    image: imageOf(controller),
    persistence: { existingClaim: name },
    resources: { requests: { cpu: '50m' } },
  });
}, 30 * MINUTES);

afterAll(async () => {
  if ('missing' in found) return;
  await found.kubectl(['delete', 'namespace', namespace, runs, '--ignore-not-found']);
  await removeVolume(found, namespace);
}, 5 * MINUTES);

/** Ids and verdicts of a release's lane, as its own controller tells them; none while its Pod is replaced. */
async function rows({ name, kubectl }: Pick<Release, 'name' | 'kubectl'>): Promise<string[][]> {
  const command = ['autoresearch', 'list', '--lane', 'main', '-o', 'tsv', '--dir', '/data'];
  const told = await kubectl('exec', `deployment/${name}`, '--', ...command).catch(() => '');
  return told
    .split('\n')
    .filter((line) => /^\d|\t\d{6}\t/.test(line))
    .map((line) => line.split('\t'));
}

const of = (release: Release) => ({ name: release.name, kubectl: release.kubectl.bind(release) });
const measured = (release: Release, more: number) =>
  until(`row ${more} of ${release.name}`, 15, async () =>
    (await rows(of(release))).length > more ? true : null,
  );
const inRuns = (...words: string[]) => present(found).kubectl(['-n', runs, 'get', ...words, '-o', 'name']);

describe('two releases with the lane main in the same namespaces', { timeout: 30 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('each measure their own lane to its end, though one is upgraded while the other waits for nothing', async () => {
    await one.install(values(one));
    await two.install(values(two));
    await measured(one, 1);
    await one.install({ ...values(one), podAnnotations: { upgraded: 'yes' } });
    await Promise.all([measured(one, ALL), measured(two, ALL)]);
    for (const release of [one, two]) expect(await rows(of(release))).toHaveLength(ALL + 1);
    const jobs = (await inRuns('jobs')).split('\n').map((name) => name.replace('job.batch/', ''));
    for (const { name } of [one, two])
      expect(jobs.filter((job) => job.startsWith(`ar-${name}-main-`))).toHaveLength(ALL + 1);
    expect((await inRuns('leases')).split('\n').sort()).toEqual(
      ['one', 'two'].map((name) => `lease.coordination.k8s.io/autoresearch-${name}-main`),
    );
  });

  it('scaled to two Pods and back the lane goes on, whichever Pod stays', async () => {
    await one.install(values(one, 30));
    await measured(one, ALL + 1);
    await one.kubectl('scale', 'deployment/one', '--replicas=2');
    await until('two Pods', 5, async () => {
      const [, ready] = (await one.kubectl('get', 'deployment', 'one', '--no-headers')).split(/\s+/);
      return ready === '2/2' ? true : null;
    });
    const before = (await rows(of(one))).length;
    await one.kubectl('scale', 'deployment/one', '--replicas=1');
    await measured(one, before + 1);
  });

  it('gone, the first takes its Lease and its Jobs with it, and leaves those of the second', async () => {
    await one.uninstall();
    const left = async () =>
      `${await inRuns('jobs,leases')}`.split('\n').filter((name) => name.includes('-one-'));
    // Its controller lives a moment longer than its anchor, and could make a Lease anew.
    const pods = ['get', 'pods', '-l', 'app.kubernetes.io/instance=one', '-o', 'name'];
    await until('the end of its Pod', 5, async () => ((await one.kubectl(...pods)) === '' ? true : null));
    await until('the end of all that one had', 5, async () => ((await left()).length === 0 ? true : null));
    expect(await left()).toEqual([]);
    expect(await inRuns('leases')).toBe('lease.coordination.k8s.io/autoresearch-two-main');
    expect(await rows(of(two))).toHaveLength(ALL + 1);
  });
});
