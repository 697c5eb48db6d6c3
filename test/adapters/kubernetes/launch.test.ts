// Runs are created once, settled once and never lost from sight, whatever the API server answers.
import { afterEach, describe, expect, test } from 'vitest';
import { Unreachable } from '../../../controller/adapters/kubernetes/client/api.ts';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Run } from '../../../controller/ports.ts';
import { intentLike, noise, outcomeOf, poolLike, Rig } from '../../double/rig.ts';

const intent = intentLike();
const rigs: Rig[] = [];

async function begin() {
  const rig = await Rig.start();
  rigs.push(rig);
  return {
    rig,
    cluster: rig.cluster,
    time: rig.cluster.time,
    faults: rig.cluster.api.faults,
    api: rig.api(),
  };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

describe('a launch', () => {
  test.each([
    ['lost on its way', { kind: 'drop' }],
    ['stored, its answer lost', { kind: 'reset' }],
    ['stored, its answer cut', { kind: 'truncate' }],
  ] as const)('that is %s makes one Job', async (_, stroke) => {
    const { rig, cluster, faults } = await begin();
    faults.arm(stroke, { method: 'POST' });
    const executor = rig.open();
    expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
    expect(cluster.objects.all('jobs').length).toBe(1);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('is held while the API server is away, and takes place when it is back', async () => {
    const { rig, faults, cluster } = await begin();
    const executor = rig.open();
    const back = faults.arm({ kind: 'drop' }, { times: Number.POSITIVE_INFINITY });
    expect(await executor.launch(intent)).toEqual({
      kind: 'held',
      sentence: expect.stringMatching(
        /^the cluster cannot be asked to start it: the API server \S+ does not answer .*; check that it runs/,
      ),
    });
    await expect(executor.list('main')).rejects.toThrow(Unreachable);
    back();
    expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
    expect(cluster.objects.all('jobs').length).toBe(1);
  });

  test.each([['create jobs', /403 Forbidden: .*cannot create resource "jobs".*doctor lists the verbs$/]])(
    'without the right to %s is held, and says who has to allow what',
    async (verb, sentence) => {
      const { rig, cluster } = await begin();
      cluster.api.denied.add(verb);
      expect(await rig.open().launch(intent)).toEqual({
        kind: 'held',
        sentence: expect.stringMatching(sentence),
      });
    },
  );

  test('of a file that fits in no Job is refused as unfit, and asks the cluster nothing', async () => {
    const { rig, cluster } = await begin();
    expect(await rig.open().launch({ ...intent, trainPy: noise(200_000) })).toEqual({
      kind: 'unfit',
      sentence: 'train.py takes more than 65536 bytes packed and fits in no Job; make it smaller',
    });
    expect(cluster.api.counts.size).toBe(0);
  });

  test('waits for a place where the pool is full over all of its lanes', async () => {
    const { rig } = await begin();
    const executor = rig.open({ lanes: ['main', 'other'], pool: poolLike({ maxParallel: 1 }) });
    expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
    const other = intentLike({ lane: 'other' });
    expect(await executor.launch(other)).toEqual({
      kind: 'held',
      sentence: expect.stringMatching(/^pool cpu has all of its 1 runs/),
    });
    const run = await rig.runOnce(executor, 'ended');
    expect(run.state).toMatchObject({ occupiesSlot: true });
    expect(await executor.launch(other)).toMatchObject({ kind: 'held' });
    await rig.until(async () => {
      const [{ state }] = (await executor.list('main')) as [Run];
      return state.kind === 'ended' && !state.occupiesSlot;
    });
    expect(await executor.launch(other)).toEqual({ kind: 'launched' });
  });

  test.each([
    { readyPlaces: 0, occupiesSlot: true },
    { readyPlaces: 1, occupiesSlot: true },
    { readyPlaces: 2, occupiesSlot: false },
    { readyPlaces: 2, maxParallel: 1, occupiesSlot: true },
  ])(
    'waits until the last Pod is put away, but where $readyPlaces places for one run say otherwise',
    async ({ occupiesSlot, ...places }) => {
      const { rig } = await begin();
      const executor = rig.open({ pool: poolLike(places) });
      expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
      const { state } = await rig.runOnce(executor, 'ended');
      expect(state).toEqual({ kind: 'ended', ending: expect.anything(), occupiesSlot });
    },
  );

  test('finds room beside the Pods of two lanes that are put away at the same time no oftener than there is', async () => {
    const { rig } = await begin();
    const executor = rig.open({ lanes: ['main', 'other'], pool: poolLike({ readyPlaces: 3 }) });
    const states = async (lane: string) => (await executor.list(lane)).map(({ state }) => state);
    await executor.launch(intent);
    await executor.launch(intentLike({ lane: 'other' }));
    await rig.runOnce(executor, 'ended');
    expect(await states('main')).toMatchObject([{ kind: 'ended', occupiesSlot: false }]);
    expect(await states('other')).toMatchObject([{ kind: 'ended', occupiesSlot: true }]);
    await executor.launch(intentLike({ experiment: '000002' }));
    expect(await states('main')).toMatchObject([{ occupiesSlot: true }, { kind: 'pending' }]);
  });

  test('gets the last place no oftener than it is there, though two lanes ask at once', async () => {
    const { rig, cluster } = await begin();
    const executor = rig.open({ lanes: ['main', 'other'], pool: poolLike({ maxParallel: 1 }) });
    const asked = ['main', 'other'].map((lane) => executor.launch(intentLike({ lane })));
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['held', 'launched']);
    expect(cluster.objects.all('jobs').length).toBe(1);
  });

  test('that failed gives its place back', async () => {
    const { rig, cluster } = await begin();
    const executor = rig.open({ lanes: ['main', 'other'], pool: poolLike({ maxParallel: 1 }) });
    cluster.api.denied.add('create jobs');
    expect(await executor.launch(intent)).toMatchObject({ kind: 'held' });
    cluster.api.denied.clear();
    expect(await executor.launch(intentLike({ lane: 'other' }))).toEqual({ kind: 'launched' });
  });

  test('anew of a run that never started finds its place taken where another lane got it meanwhile', async () => {
    const { rig, cluster, time } = await begin();
    const executor = rig.open({ lanes: ['main', 'other'], pool: poolLike({ maxParallel: 1 }) });
    await executor.launch(intent);
    await rig.until(() => cluster.podsOf(jobName(intent)).length > 0, 1);
    cluster.preempt(cluster.podOf(jobName(intent)));
    cluster.api.denied.add('create jobs');
    await rig.until(async () => {
      const [{ state }] = (await executor.list('main')) as [Run];
      return state.kind === 'pending' && /cannot create/.test(state.sentence);
    });
    expect(cluster.objects.all('jobs')).toEqual([]);
    cluster.api.denied.clear();
    expect(await executor.launch(intentLike({ lane: 'other' }))).toEqual({ kind: 'launched' });
    await time.advance(11_000);
    const [still] = await executor.list('main');
    expect(still?.state).toMatchObject({
      kind: 'pending',
      sentence: expect.stringMatching(/has all of its 1 runs/),
    });
    expect(cluster.objects.all('jobs').length).toBe(1);
  });

  test('finds its place kept for the lane that was refused first, for as long as that lane asks', async () => {
    const { rig, time } = await begin();
    const executor = rig.open({ lanes: ['main', 'other'], pool: poolLike({ maxParallel: 1 }) });
    const asks = (lane: string, n: number) => executor.launch(intentLike({ lane, experiment: `00000${n}` }));
    const ended = (lane: string, n: number) =>
      rig.until(async () => {
        const { state } = (await executor.list(lane)).find(({ experiment }) => Number(experiment) === n)!;
        return state.kind === 'ended' && !state.occupiesSlot;
      });
    expect(await asks('main', 1)).toEqual({ kind: 'launched' });
    expect(await asks('other', 1)).toMatchObject({ kind: 'held' });
    await rig.until(async () => {
      const [run] = await executor.list('main');
      if (run!.state.kind === 'ended') return true;
      expect(await asks('other', 1)).toMatchObject({ kind: 'held' });
      return false;
    }, 5000);
    await ended('main', 1);
    expect(await asks('main', 2)).toEqual({
      kind: 'held',
      sentence: 'pool cpu gives its next slot to other, which waited longer; raise its maxParallel or wait',
    });
    expect(await asks('other', 1)).toEqual({ kind: 'launched' });
    // Now main waits; but it falls silent, and nobody keeps a place for it.
    expect(await asks('main', 2)).toMatchObject({ kind: 'held' });
    await ended('other', 1);
    await time.advance(16_000);
    expect(await asks('other', 2)).toEqual({ kind: 'launched' });
  });

  test('takes the name of a Job that was settled in an earlier life of the lane', async () => {
    const { rig, cluster } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    await executor.remove(await rig.runOnce(executor, 'ended'), { status: 'discard', valBpb: 1.5 });
    const before = cluster.job(jobName(intent)).metadata;
    expect(before.labels).toMatchObject({
      'autoresearch.dev/status': 'discard',
      'autoresearch.dev/val-bpb': '1.500000',
    });
    expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
    expect(cluster.job(jobName(intent)).metadata.uid).not.toBe(before.uid);
    expect((await executor.list('main')).length).toBe(1);
  });
});

describe('a settled run', () => {
  test('leaves the list at once, and the cluster when its time is over', async () => {
    const { rig, cluster, time } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    await executor.remove(await rig.runOnce(executor, 'ended'), { status: 'keep', valBpb: 1.25 });
    expect(await executor.list('main')).toEqual([]);
    expect(await rig.open().list('main')).toEqual([]);
    await time.advance(500_000);
    expect(cluster.objects.all('jobs').length).toBe(1);
    await time.advance(200_000);
    expect([cluster.objects.all('jobs'), cluster.objects.all('pods')]).toEqual([[], []]);
  });

  test('whose Pod is not put away, for its kubelet hangs or another container lives on in it, is deleted', async () => {
    const { rig, cluster } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    await rig.runOnce(executor, 'ended');
    const { spec } = cluster.podOf(jobName(intent));
    cluster.kubelets.lost.set(spec.nodeName, 'cut off');
    let ended: Run | undefined;
    await rig.until(async () => {
      [ended] = await executor.list('main');
      return ended?.state.kind === 'ended' && !ended.state.occupiesSlot;
    });
    await executor.remove(ended!, { status: 'discard', valBpb: 1.5 });
    await cluster.time.advance(1000);
    expect(cluster.podOf(jobName(intent)).metadata.deletionTimestamp).toBeDefined();
    expect(cluster.objects.all('jobs')).toEqual([]);
  });

  test('is deleted at once where it may not be labelled, which is said once until it may be again', async () => {
    const { rig, cluster } = await begin();
    const said: string[] = [];
    const executor = rig.open({ says: (sentence) => said.push(sentence) });
    const settled = async (attempt: number) => {
      await executor.launch({ ...intent, attempt });
      await executor.remove(await rig.runOnce(executor, 'ended'), { status: 'discard', valBpb: 1.5 });
      return cluster.objects.all('jobs').map(({ metadata }) => metadata.name);
    };
    cluster.api.denied.add('patch jobs');
    expect([await settled(1), await settled(2)]).toEqual([[], []]);
    expect(said).toEqual([
      expect.stringMatching(
        /^no Job can be labelled: .*cannot patch resource "jobs".*; give the controller the verbs that autoresearch doctor lists; until then each is deleted as soon as it is settled$/,
      ),
    ]);
    cluster.api.denied.clear();
    expect(await settled(3)).toEqual(['ar-main-000001-a3']);
    cluster.api.denied.add('patch jobs');
    await settled(4);
    expect(said.length).toBe(2);
  });

  test.each(['PATCH', 'DELETE'])(
    'stays where %s meets a conflict, and another Job of its name is left alone',
    async (method) => {
      const { rig, cluster, faults } = await begin();
      const executor = rig.open(method === 'DELETE' ? { ttlSeconds: 0 } : {});
      await executor.launch(intent);
      const ended = await rig.runOnce(executor, 'ended');
      const end = { status: 'discard', valBpb: 1.5 } as const;
      faults.arm({ kind: 'status', status: 409, message: 'the object has been modified' }, { method });
      await expect(executor.remove(ended, end)).rejects.toThrow(/has been modified/);
      expect((await executor.list('main')).length).toBe(1);
      cluster.objects.vanish('jobs', cluster.job(jobName(intent)));
      await rig.open().launch(intent);
      await executor.remove(ended, end);
      expect(cluster.objects.all('jobs').length).toBe(1);
    },
  );

  test('stays, and so does the trouble, where it may neither be labelled nor deleted', async () => {
    const { rig, cluster } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    const ended = await rig.runOnce(executor, 'ended');
    cluster.api.denied.add('patch jobs').add('delete jobs');
    const end = { status: 'discard', valBpb: 1.5 } as const;
    await expect(executor.remove(ended, end)).rejects.toThrow(/cannot delete resource "jobs".*doctor lists$/);
    cluster.api.denied.clear();
    await executor.remove(ended, end);
    expect(await executor.list('main')).toEqual([]);
  });

  test('that still has a Pod alive is deleted instead of labelled', async () => {
    const { rig, cluster, time } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.jobs.startAnother(cluster.job(jobName(intent)));
    await time.advance(1);
    const [run] = await executor.list('main');
    await executor.remove(run!, { status: 'crash', valBpb: null });
    expect(cluster.objects.all('jobs')).toEqual([]);
  });

  test('is removed once, however often and by whom it is asked for', async () => {
    const { rig, faults } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    const run = await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'reset' }, { method: 'PATCH' });
    const end = { status: 'keep', valBpb: 1.25 } as const;
    await Promise.all([executor.remove(run, end), rig.open().remove(run, end)]);
    await executor.remove(run, end);
    expect(await executor.list('main')).toEqual([]);
  });
});

describe('a list of runs', () => {
  test('that is older than our own launch does not lose the run', async () => {
    const { rig, cluster, faults } = await begin();
    const executor = rig.open();
    const { version } = cluster.objects;
    await executor.launch(intent);
    faults.arm({ kind: 'stale', version }, { path: /jobs$/ });
    expect((await executor.list('main')).map((run) => run.experiment)).toEqual(['000001']);
  });

  test('that is older than the end of a run says nothing that matters', async () => {
    const { rig, cluster, faults } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    const { version } = cluster.objects;
    await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'stale', version }, { times: 2 });
    expect((await executor.list('main'))[0]?.state.kind).toBe('running');
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
  });

  test('that is older than our own removal does not bring the run back', async () => {
    const { rig, cluster, faults } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    const run = await rig.runOnce(executor, 'ended');
    const { version } = cluster.objects;
    await executor.remove(run, { status: 'keep', valBpb: 1.25 });
    faults.arm({ kind: 'stale', version }, { times: 2 });
    expect(await executor.list('main')).toEqual([]);
  });

  test('after a backup without the Job was restored shows that it is gone', async () => {
    const { rig, cluster } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.objects.vanish('pods', cluster.podOf(jobName(intent)));
    cluster.objects.vanish('jobs', cluster.job(jobName(intent)));
    const [lost] = await executor.list('main');
    expect(lost!.state).toMatchObject({ kind: 'ended', ending: { word: 'deleted', sealed: null } });
  });

  test('that may not be made says which right is missing', async () => {
    const { rig, cluster } = await begin();
    cluster.api.denied.add('list pods');
    await expect(rig.open().list('main')).rejects.toThrow(
      /runs cannot be listed: .*cannot list resource "pods".*doctor lists$/,
    );
  });

  test('shows a Job whose annotations were damaged as lost, and none that is not ours', async () => {
    const { rig, cluster, time } = await begin();
    const executor = rig.open();
    await executor.launch(intent);
    const job = cluster.job(jobName(intent));
    cluster.objects.update('jobs', job, (now) => ({
      ...now,
      spec: {
        ...now.spec,
        template: { ...now.spec.template, metadata: { ...now.spec.template.metadata, annotations: {} } },
      },
    }));
    const labels = { ...job.metadata.labels, 'autoresearch.dev/experiment': 'x' };
    const spec = {
      ...job.spec,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c' }], nodeSelector: { a: 'b' } } },
    };
    cluster.admission.create('jobs', { metadata: { name: 'theirs', namespace: 'lab', labels }, spec });
    await time.advance(0);
    const runs = await executor.list('main');
    expect(runs.map(({ experiment, intent, nonce }) => [experiment, intent, nonce])).toEqual([
      ['000001', '', ''],
    ]);
  });
});
