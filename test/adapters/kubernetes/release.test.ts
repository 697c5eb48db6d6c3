// Two releases of the chart may run lanes of one name in one namespace, and a release's anchor may come and go.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keepLease } from '../../../controller/adapters/kubernetes/lease.ts';
import type { Anchor } from '../../../controller/adapters/kubernetes/manifest/job.ts';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { anchorIn, intentLike, Rig } from '../../double/rig.ts';

let rig: Rig;
let anchor: Anchor;
beforeEach(async () => {
  rig = await Rig.start();
  anchor = anchorIn(rig.cluster, 'lab');
});
afterEach(() => rig.close());

const jobs = () =>
  rig.cluster.objects.all('jobs', rig.cluster.namespace).map(({ metadata }) => metadata.name);

describe('two releases with the lane main in one namespace', () => {
  test('have Jobs of their own, and neither sees or removes those of the other', async () => {
    const other = anchorIn(rig.cluster, 'labc');
    const [one, two] = [rig.open({ anchor }), rig.open({ anchor: other })];
    await one.launch(intentLike({ trainPy: 'print(1)\n' }));
    await two.launch(intentLike({ trainPy: 'print(2)\n' }));
    expect(jobs().sort()).toEqual(['ar-lab-main-000001-a1', 'ar-labc-main-000001-a1']);
    const run = await rig.runOnce(one, 'ended');
    await one.remove(run);
    expect(await one.list('main')).toEqual([]);
    expect(await two.list('main')).toHaveLength(1);
    expect(jobs()).toEqual(['ar-labc-main-000001-a1']);
  });

  test('have others also where release and lane together are called alike', async () => {
    const [one, two] = [
      [anchor, 'a-b'],
      [anchorIn(rig.cluster, 'lab-a'), 'b'],
    ] as const;
    for (const [owner, lane] of [one, two])
      await rig.open({ anchor: owner, lanes: [lane] }).launch(intentLike({ lane }));
    expect(jobs().sort()).toEqual([
      'ar-lab-a-b-000001-a1',
      expect.stringMatching(/^ar-lab-a-b-[0-9a-f]{8}-000001-a1$/),
    ]);
    const { namespace, objects } = rig.cluster;
    const over = new AbortController();
    for (const [owner, lane] of [one, two])
      await keepLease(
        { api: rig.api(), namespace, holder: lane, anchor: owner },
        lane,
        over.signal,
        () => {},
      );
    over.abort();
    expect(objects.all('leases', namespace)).toHaveLength(2);
  });

  test('are nothing to a controller without a release', async () => {
    await rig.open({ anchor }).launch(intentLike());
    const laptop = rig.open();
    expect(await laptop.list('main')).toEqual([]);
    await laptop.launch(intentLike());
    expect(await laptop.list('main')).toHaveLength(1);
  });

  test('lead it both, each by a Lease of its own that goes with its release', async () => {
    const other = anchorIn(rig.cluster, 'labc');
    const { namespace, objects } = rig.cluster;
    const over = new AbortController();
    const waits = (sentence: string) => {
      throw new Error(sentence);
    };
    for (const [holder, owner] of [
      ['a', anchor],
      ['b', other],
    ] as const)
      await keepLease({ api: rig.api(), namespace, holder, anchor: owner }, 'main', over.signal, waits);
    over.abort();
    const leases = objects.all('leases', namespace).map(({ metadata }) => metadata);
    expect(leases.map(({ name }) => name)).toEqual(['autoresearch-lab-main', 'autoresearch-labc-main']);
    expect(leases.map(({ ownerReferences }) => ownerReferences?.[0]?.uid)).toEqual([anchor.uid, other.uid]);
  });
});

test('a release that goes while its controller still works leaves no Lease, and has one again when it comes back', async () => {
  const { namespace, objects } = rig.cluster;
  const [over, of] = [new AbortController(), { api: rig.api(), namespace, holder: 'a' }];
  const lead = () => keepLease({ ...of, anchor }, 'main', over.signal, () => {});
  const leases = () => objects.all('leases', namespace);
  const release = await lead();
  objects.vanish('configmaps', objects.get('configmaps', namespace, anchor.name)!);
  objects.vanish('leases', leases()[0]!); // as the garbage collector does
  expect(await release()).toEqual({ lost: false });
  expect(leases()).toEqual([]);
  const again = await lead();
  expect(leases()).toEqual([]);
  await again();
  const { uid } = anchorIn(rig.cluster, 'lab');
  await (await lead())();
  expect(leases()[0]!.metadata.ownerReferences![0]!.uid).toBe(uid);
  over.abort();
});

test('a Lease that another took and gave back meanwhile was lost', async () => {
  const { namespace } = rig.cluster;
  const over = new AbortController();
  const waits: string[] = [];
  const lead = (holder: string) =>
    keepLease({ api: rig.api(), namespace, holder, anchor }, 'main', over.signal, (said) => waits.push(said));
  const release = await lead('a');
  const { objects } = rig.cluster;
  const lease = objects.get('leases', namespace, 'autoresearch-lab-main')!;
  objects.vanish('leases', lease); // as if its time had run out
  await (await lead('b'))();
  expect(await release()).toEqual({ lost: true });
  over.abort();
});

test.each([
  ['without it', 'main', jobName(intentLike())],
  ['as another could be called', 'a-b', 'ar-lab-a-b-000001-a1'],
])('a Job that an older controller named %s is adopted, and removed under its name', async (_, lane, old) => {
  const executor = await withOldJob(lane, old);
  const run = await rig.runOnce(executor, 'ended', lane);
  expect(new TextDecoder().decode((await executor.log(run))!)).toContain('step 2');
  expect(jobs()).toEqual([old]);
  await executor.remove(run);
  expect(jobs()).toEqual([]);
});

test('a Job of nobody with such a name is left alone', async () => {
  const old = rig.open();
  await old.launch(intentLike());
  const executor = rig.open({ anchor });
  expect(await executor.list('main')).toEqual([]);
  await executor.launch(intentLike());
  expect(jobs().sort()).toEqual(['ar-lab-main-000001-a1', jobName(intentLike())]);
});

test('a run names the anchor as it is now: where it was made anew no Job is deleted for having an owner that is gone', async () => {
  const executor = rig.open({ anchor });
  const { objects, namespace } = rig.cluster;
  objects.vanish('configmaps', objects.get('configmaps', namespace, anchor.name)!);
  const again = anchorIn(rig.cluster, 'lab');
  expect(again.uid).not.toBe(anchor.uid);
  expect(await executor.launch(intentLike())).toEqual({ kind: 'launched' });
  expect(objects.get('jobs', namespace, 'ar-lab-main-000001-a1')!.metadata.ownerReferences![0]!.uid).toBe(
    again.uid,
  );
});

test('a Lease that went with its anchor is taken again in the name of the anchor as it is now', async () => {
  const { namespace, objects, time } = rig.cluster;
  const over = new AbortController();
  const api = rig.api({ clock: time.clock });
  await keepLease({ api, namespace, holder: 'a', anchor }, 'main', over.signal, () => {});
  objects.vanish('configmaps', objects.get('configmaps', namespace, anchor.name)!);
  objects.vanish('leases', objects.get('leases', namespace, 'autoresearch-lab-main')!);
  const again = anchorIn(rig.cluster, 'lab');
  await rig.until(() => objects.get('leases', namespace, 'autoresearch-lab-main') !== undefined);
  const { ownerReferences } = objects.get('leases', namespace, 'autoresearch-lab-main')!.metadata;
  over.abort();
  expect(ownerReferences!.map(({ uid }) => uid)).toEqual([again.uid]);
});

test('without its anchor nothing is launched, and the sentence says how it comes back', async () => {
  const executor = rig.open({ anchor });
  const { objects, namespace } = rig.cluster;
  objects.vanish('configmaps', objects.get('configmaps', namespace, anchor.name)!);
  expect(await executor.launch(intentLike())).toEqual({
    kind: 'held',
    sentence: `the ConfigMap lab-anchor in ${namespace}, which owns the Jobs, is gone; helm upgrade with the same values brings it back`,
  });
  expect(jobs()).toEqual([]);
});

/** A Job as a controller of the release made it when Jobs had other names. */
async function withOldJob(lane: string, old: string) {
  await rig.open({ anchor, lanes: [lane] }).launch(intentLike({ lane }));
  const { objects, namespace } = rig.cluster;
  const job = objects.get('jobs', namespace, jobs()[0]!)!;
  objects.vanish('jobs', job);
  const { resourceVersion: _, uid: __, ...metadata } = job.metadata;
  objects.create('jobs', { ...job, metadata: { ...metadata, name: old } });
  return rig.open({ anchor, lanes: [lane] });
}
