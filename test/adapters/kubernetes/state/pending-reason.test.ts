// What becomes of a run that cannot start: it waits, says why, and uses up no attempt.
import { afterEach, describe, expect, test } from 'vitest';
import { jobName } from '../../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Cluster } from '../../../double/cluster.ts';
import type { NodeOptions } from '../../../double/nodes.ts';
import { intentLike, outcomeOf, poolLike, Rig } from '../../../double/rig.ts';
import { run, type Script } from '../../../double/script.ts';
import { warn } from '../../../double/warning.ts';

const intent = intentLike();
const JOB = jobName(intent);
const rigs: Rig[] = [];

async function begin(script?: Script, nodes?: Record<string, NodeOptions>) {
  const rig = await Rig.start(script, nodes);
  rigs.push(rig);
  return { rig, cluster: rig.cluster, executor: rig.open({}, true) };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

const lasting: Script = (given) => run(given, 500, 'step 1\n');
/** Ends at the first SIGTERM without a word: a supervisor that was not asked nicely enough. */
const mute: Script = (given) => ({ ...run(given, 500, 'step 1\n'), onTerm: null });

describe('a run that has not started', () => {
  const gpu = { 'nvidia.com/gpu': '1' };

  test('says why no node takes it, and starts when one joins', async () => {
    const rig = await Rig.start(undefined, {
      cpu: {},
      gpu: { allocatable: gpu, taints: [{ key: 'team', value: 'other', effect: 'NoSchedule' }] },
    });
    rigs.push(rig);
    const executor = rig.open({ pool: poolLike({ gpu: { count: 1 } }) });
    await executor.launch(intent);
    await rig.cluster.time.advance(60_000);
    const [waiting] = await executor.list('main');
    expect(waiting?.state).toMatchObject({
      kind: 'pending',
      sentence:
        '0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint {team: other}',
    });
    rig.cluster.nodes.join('late', { allocatable: gpu });
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('says that its image cannot be pulled, and takes the mended one under the same attempt', async () => {
    const { rig, cluster, executor } = await begin();
    cluster.kubelets.missingImages.add(poolLike().image);
    await executor.launch(intent);
    await cluster.time.advance(30_000);
    const [waiting] = await executor.list('main');
    expect(waiting?.state).toMatchObject({
      kind: 'pending',
      sentence: expect.stringMatching(/^image cannot be pulled: .*not found/),
    });
    const mended = rig.open({
      pool: poolLike({ image: `registry.example/trainer@sha256:${'2'.repeat(64)}` }),
    });
    expect((await mended.list('main'))[0]?.state).toMatchObject({
      kind: 'pending',
      sentence: expect.stringContaining('its pool has new settings'),
    });
    const ended = await rig.runOnce(mended, 'ended');
    expect([ended.attempt, outcomeOf(ended), ended.image]).toEqual([
      1,
      'finished',
      `sha256:${'2'.repeat(64)}`,
    ]);
  });

  test('stays suspended, if a person did that, though its pool is configured anew', async () => {
    const { rig, cluster, executor } = await begin();
    await executor.launch(intent);
    cluster.suspend(JOB);
    await cluster.time.advance(20_000);
    const after = rig.open({ pool: poolLike({ resources: { cpu: '2' } }) });
    expect((await after.list('main'))[0]?.state).toMatchObject({
      sentence: expect.stringMatching(/suspended/),
    });
    expect(cluster.job(JOB).spec.suspend).toBe(true);
  });

  test('is left alone where its pool was configured anew while it ran', async () => {
    const { rig, executor } = await begin(lasting);
    await executor.launch(intent);
    const before = await rig.runOnce(executor, 'running');
    const after = rig.open({ pool: poolLike({ resources: { cpu: '2' } }) });
    expect(await after.list('main')).toEqual([before]);
  });

  test('says that the quota has no room for its Pod, and starts when it has', async () => {
    const { rig, cluster, executor } = await begin();
    cluster.quota('small', { pods: '0' });
    await executor.launch(intent);
    await cluster.time.advance(1000);
    await executor.list('main');
    await cluster.time.advance(5000);
    const [waiting] = await executor.list('main');
    expect(waiting?.state).toMatchObject({
      kind: 'pending',
      sentence: expect.stringMatching(/^no Pod can be created: .*exceeded quota: small/),
    });
    cluster.quota('small', null);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('is asked about with a few others of the many that wait, and each is told in the end', async () => {
    const { rig, cluster, executor } = await begin();
    cluster.quota('small', { pods: '0' });
    const ids = Array.from({ length: 30 }, (_, n) => String(n + 1).padStart(6, '0'));
    for (const experiment of ids) await executor.launch(intentLike({ experiment }));
    await cluster.time.advance(1000);
    await executor.list('main');
    await cluster.time.advance(5000);
    const asked = () => cluster.api.counts.get('list events') ?? 0;
    const before = asked();
    await executor.list('main');
    expect(asked() - before).toBe(8);
    let told = 0;
    await rig.until(async () => {
      const states = (await executor.list('main')).map(({ state }) => state);
      told = states.filter((state) => 'sentence' in state && /exceeded quota/.test(state.sentence)).length;
      return told === ids.length;
    });
    expect(asked() - before).toBe(30);
  });

  test('hides no end of another by an answer that does not come', async () => {
    const { rig, cluster, executor } = await begin();
    await executor.launch(intentLike({ experiment: '000099' }));
    await rig.until(() => cluster.podsOf(jobName(intentLike({ experiment: '000099' }))).length > 0);
    cluster.quota('small', { pods: '0' });
    for (let n = 1; n <= 9; n++) await executor.launch(intentLike({ experiment: `00000${n}` }));
    await cluster.time.advance(60_000);
    await executor.list('main');
    await cluster.time.advance(5000);
    cluster.api.faults.arm({ kind: 'silent' }, { method: 'GET', path: /events$/, times: 100 });
    let ended = false;
    void executor.list('main').then((all) => {
      ended = all.some(({ state }) => state.kind === 'ended');
    });
    await cluster.time.advance(1500);
    expect(ended).toBe(true);
  });

  test('says what keeps its Pod from starting on its node, and never its own words', async () => {
    const { cluster, executor } = await begin();
    cluster.kubelets.pullMs = 120_000;
    await executor.launch(intent);
    await cluster.time.advance(10_000);
    const sentence = async () => (await executor.list('main'))[0]?.state;
    expect(await sentence()).toMatchObject({
      sentence: expect.stringMatching(/^image and volumes are being prepared on n/),
    });
    warn(cluster.objects, cluster.podOf(JOB), 'FailedMount', 'MountVolume.SetUp failed for volume "intent"');
    cluster.objects.create('events', {
      metadata: { name: 'ours', namespace: 'lab' },
      involvedObject: { uid: cluster.podOf(JOB).metadata.uid },
      source: { component: 'autoresearch' },
      ...{ type: 'Warning', message: 'our own', lastTimestamp: '2099-01-01T00:00:00Z' },
    });
    await cluster.time.advance(15_000);
    expect(await sentence()).toMatchObject({
      sentence: 'its Pod cannot start: MountVolume.SetUp failed for volume "intent"',
    });
  });

  test('is held, with nothing created, where the quota has no room for its Job', async () => {
    const { rig, cluster, executor } = await begin();
    cluster.quota('none', { 'count/jobs.batch': '0' });
    expect(await executor.launch(intent)).toEqual({
      kind: 'held',
      sentence: expect.stringMatching(/^no room in the quota: .*exceeded quota: none/),
    });
    expect(await executor.list('main')).toEqual([]);
    cluster.quota('none', null);
    expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('waits in its Kueue queue, with what Kueue says of it', async () => {
    const rig = await Rig.start();
    rigs.push(rig);
    const { cluster } = rig;
    const executor = rig.open({ pool: poolLike({ queue: 'research' }) });
    await executor.launch(intent);
    cluster.suspend(JOB); // as Kueue's webhook does
    await cluster.time.advance(5000);
    const [first] = await executor.list('main');
    expect(first?.state).toMatchObject({ kind: 'pending', sentence: 'waiting in Kueue queue research' });
    cluster.api.absent.clear();
    const labels = { 'kueue.x-k8s.io/job-uid': cluster.job(JOB).metadata.uid! };
    cluster.objects.create('workloads', {
      metadata: { name: 'w', namespace: 'lab', labels },
      status: {
        conditions: [
          { type: 'QuotaReserved', status: 'False', message: 'insufficient quota for nvidia.com/gpu' },
        ],
      },
    });
    await cluster.time.advance(31_000);
    const [second] = await executor.list('main');
    expect(second?.state).toMatchObject({
      sentence: 'waiting in Kueue queue research: insufficient quota for nvidia.com/gpu',
    });
    cluster.suspend(JOB, false);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('waits where a person suspended it before it started, and says so', async () => {
    const { rig, cluster, executor } = await begin();
    await executor.launch(intent);
    cluster.suspend(JOB);
    await cluster.time.advance(20_000);
    const [waiting] = await executor.list('main');
    expect(waiting?.state).toMatchObject({
      kind: 'pending',
      sentence: expect.stringMatching(/suspended; resume or delete it/),
    });
    cluster.suspend(JOB, false);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  const early: readonly (readonly [name: string, fault: (cluster: Cluster) => void])[] = [
    [
      'is refused by a kubelet',
      (c) => c.kubelets.refusing.set(c.podOf(JOB).spec.nodeName, 'UnexpectedAdmissionError'),
    ],
    ['is preempted while its image is pulled', (c) => c.preempt(c.podOf(JOB))],
    ['is drained while its image is pulled', (c) => c.drain(c.podOf(JOB))],
    ['has its Pod deleted while its image is pulled', (c) => c.deletePod(c.podOf(JOB))],
  ];
  test.each(early)('%s: it is started anew as the same attempt', async (_, fault) => {
    const { rig, cluster, executor } = await begin();
    cluster.kubelets.pullMs = 20_000;
    await executor.launch(intent);
    await rig.until(() => cluster.podsOf(JOB).some((pod) => pod.spec.nodeName), 1);
    const first = cluster.job(JOB).metadata.uid;
    await executor.list('main');
    fault(cluster);
    const seen = new Set<string>();
    await rig.until(async () => {
      const [run] = await executor.list('main');
      seen.add(run?.state.kind ?? 'none');
      if (cluster.job(JOB).metadata.uid !== first) cluster.kubelets.refusing.clear();
      return run?.state.kind === 'ended';
    });
    expect([...seen].sort()).toEqual(['ended', 'pending', 'running']);
    const [ended] = await executor.list('main');
    expect([outcomeOf(ended!), ended?.attempt]).toEqual(['finished', 1]);
    expect(cluster.job(JOB).metadata.uid).not.toBe(first);
  });

  test('is started anew ever more seldom where it always fails before it starts', async () => {
    const { cluster, executor } = await begin();
    for (const node of ['n1', 'n2', 'n3']) cluster.kubelets.refusing.set(node, 'OutOfcpu');
    await executor.launch(intent);
    const uids = new Set<string>();
    for (let minutes = 0; minutes < 60; minutes++) {
      const [run] = await executor.list('main');
      expect(run?.state).toMatchObject({ kind: 'pending' });
      uids.add(cluster.job(JOB).metadata.uid!);
      await cluster.time.advance(60_000);
    }
    expect(uids.size).toBeGreaterThan(5);
    expect(uids.size).toBeLessThan(25);
  });

  test('is started anew after the leak guard ended its Job', async () => {
    const rig = await Rig.start();
    rigs.push(rig);
    const executor = rig.open({ pool: poolLike({ nodeSelector: { zone: 'nowhere' } }), leakGuardHours: 1 });
    await executor.launch(intent);
    const first = rig.cluster.job(JOB).metadata.uid;
    await rig.cluster.time.advance(3_700_000);
    expect(
      (
        await rig
          .open({ pool: poolLike({ nodeSelector: { zone: 'nowhere' } }), leakGuardHours: 1 })
          .list('main')
      )[0]?.state.kind,
    ).toBe('pending');
    expect(rig.cluster.job(JOB).metadata.uid).not.toBe(first);
  });

  test('is lost, not crashed, where the image left it less than its wall', async () => {
    const { rig, cluster, executor } = await begin(mute);
    cluster.kubelets.pullMs = 1_400_000;
    await executor.launch(intent);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('lost: slow_start');
  });

  test('keeps its attempt where the image takes all the time there is', async () => {
    const { rig, cluster, executor } = await begin();
    cluster.kubelets.pullMs = 1_600_000;
    await executor.launch(intent);
    const first = cluster.job(JOB).metadata.uid;
    await rig.until(async () => {
      const [run] = await executor.list('main');
      expect(run?.state.kind).toBe('pending');
      return cluster.job(JOB).metadata.uid !== first;
    }, 30_000);
  });
});
