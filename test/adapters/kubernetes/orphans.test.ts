// Jobs that nobody watches any more: the cluster deletes them, or the next controller of the same anchor does.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Anchor, releaseOf } from '../../../controller/adapters/kubernetes/manifest/job.ts';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { deleteOrphans } from '../../../controller/adapters/kubernetes/orphans.ts';
import type { Intent } from '../../../controller/ports.ts';
import { anchorIn, intentLike, Rig } from '../../double/rig.ts';

const HOUR_MS = 3_600_000;
let anchor: Anchor;
let another: Anchor;

let rig: Rig;
afterEach(() => rig.close());

const names = () =>
  rig.cluster.objects.all('jobs', rig.cluster.namespace).map(({ metadata }) => metadata.name);

describe('without a controller', () => {
  test.each([
    ['ended', undefined, 0.9, 1.1],
    ['never found a node', {}, 1.9, 2.1],
  ])(
    'the Job of a run that %s is looked at for a leak guard of one hour, and then deleted',
    async (_, nodes, before, after) => {
      rig = await Rig.start(undefined, nodes);
      await rig.open({ leakGuardHours: 1 }).launch(intentLike());
      await rig.cluster.time.advance(before * HOUR_MS);
      expect(names()).toEqual([jobName(intentLike())]);
      await rig.cluster.time.advance((after - before) * HOUR_MS);
      expect(names()).toEqual([]);
    },
  );
});

test('a run that is settled goes after its own time, which is shorter', async () => {
  rig = await Rig.start();
  const executor = rig.open({ leakGuardHours: 1, ttlSeconds: 60 });
  await executor.launch(intentLike());
  const run = await rig.runOnce(executor, 'ended');
  await executor.remove(run, { status: 'discard', valBpb: 1 });
  expect(names()).toHaveLength(1);
  await rig.cluster.time.advance(61_000);
  expect(names()).toEqual([]);
});

describe('a controller that begins with the lane main', () => {
  beforeEach(async () => {
    rig = await Rig.start();
    [anchor, another] = ['lab', 'other'].map((release) => anchorIn(rig.cluster, release)) as [Anchor, Anchor];
  });

  const launched = async (changes: Partial<Intent>, owner: Anchor | null = anchor) => {
    const intent = intentLike(changes);
    const executor = rig.open({ lanes: [intent.lane], anchor: owner });
    await executor.launch(intent);
    return { executor, name: jobName(intent, releaseOf(owner)) };
  };
  const begin = () =>
    deleteOrphans({
      api: rig.api(),
      namespace: rig.cluster.namespace,
      anchor,
      lanes: ['main', 'main.replay'],
    });

  test('deletes the runs of a lane that is gone, their Pods with them', async () => {
    const { name } = await launched({ lane: 'gone' });
    expect(await begin()).toEqual([name]);
    await rig.cluster.time.advance(60_000);
    expect(names()).toEqual([]);
    expect(rig.cluster.podsOf(name)).toEqual([]);
  });

  test.each<[string, Partial<Intent>, () => Anchor | null]>([
    ['its own', { lane: 'main' }, () => anchor],
    ['what is measured again', { lane: 'main.replay' }, () => anchor],
    ['those of another release', { lane: 'gone' }, () => another],
    ['those of nobody', { lane: 'gone' }, () => null],
  ])('leaves %s', async (_, changes, owner) => {
    const { name } = await launched(changes, owner());
    expect(await begin()).toEqual([]);
    await rig.cluster.time.advance(1000);
    expect(names()).toEqual([name]);
  });

  test('leaves what is settled and there to be looked at', async () => {
    const { executor, name } = await launched({ lane: 'gone' });
    const run = await rig.runOnce(executor, 'ended', 'gone');
    await executor.remove(run, { status: 'keep', valBpb: 1 });
    expect(await begin()).toEqual([]);
    expect(names()).toEqual([name]);
  });
});
