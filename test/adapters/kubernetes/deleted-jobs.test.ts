// Somebody else deletes Jobs: a pod cleaner, a policy, the garbage collector. What had not started costs no attempt, and
// what had started costs what it ran.
import { afterEach, expect, test } from 'vitest';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Cluster } from '../../double/cluster.ts';
import { intentLike, outcomeOf, Rig } from '../../double/rig.ts';
import { run, type Script } from '../../double/script.ts';

const intent = intentLike();
const JOB = jobName(intent);
const lasting: Script = (given) => run(given, 500, 'step 1\n');
let rig: Rig;
afterEach(() => rig.close());

async function begin(script: Script = lasting) {
  rig = await Rig.start(script);
  return { cluster: rig.cluster, executor: rig.open({}, true) };
}

function here({ objects, namespace }: Cluster) {
  return objects.get('jobs', namespace, JOB);
}

test('a Job that is deleted before its Pod started is made anew, as the same attempt', async () => {
  const { cluster, executor } = await begin();
  await executor.launch(intent);
  cluster.deleteJob(JOB);
  const [waiting] = await executor.list('main');
  expect(waiting).toMatchObject({ experiment: '000001', attempt: 1, state: { kind: 'pending' } });
  expect(JSON.stringify(waiting!.state)).toMatch(/deleted before it started; see who deletes Jobs/);
  expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
});

test('a cleaner that deletes every Job as it comes is met with ever longer waits, and the run goes on waiting', async () => {
  const { cluster, executor } = await begin();
  let made = 0;
  cluster.objects.onChange(({ plural, type, object }) => {
    if (plural !== 'jobs' || type !== 'ADDED' || cluster.time.nowMs > endMs) return;
    made++;
    cluster.time.after(1, () => here(cluster) && cluster.deleteJob(object.metadata.name));
  });
  const endMs = cluster.time.nowMs + 3_600_000;
  await executor.launch(intent);
  while (cluster.time.nowMs < endMs) {
    await cluster.time.advance(5000);
    const [run] = await executor.list('main');
    expect(run).toMatchObject({ attempt: 1, state: { kind: 'pending' } });
  }
  // At once, then after 10, 20, 40, 80, 160 and each 300 seconds.
  expect(made).toBeGreaterThan(10);
  expect(made).toBeLessThan(22);
  expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
});

test('a Job that is deleted while it runs is a loss, and costs what it ran', async () => {
  const { cluster, executor } = await begin();
  await executor.launch(intent);
  await rig.runOnce(executor, 'running');
  await cluster.time.advance(30_000);
  await executor.list('main');
  cluster.deleteJob(JOB);
  const lost = await rig.runOnce(executor, 'ended');
  expect(outcomeOf(lost)).toBe('lost: deleted');
  const { ranSeconds } = (lost.state as { ending: { ranSeconds: number } }).ending;
  expect(ranSeconds).toBeGreaterThan(30);
  expect(ranSeconds).toBeLessThan(60);
  await executor.remove(lost);
  expect(await executor.list('main')).toEqual([]);
});

test('what was sealed before its Job was deleted is measured', async () => {
  const { cluster, executor } = await begin((given) => run(given, 10, 'step 1\n'));
  await executor.launch(intent);
  await rig.runOnce(executor, 'ended');
  cluster.deleteJob(JOB);
  expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
});

test('what this controller removes is not made anew', async () => {
  const { executor, cluster } = await begin();
  await executor.launch(intent);
  const [run] = await executor.list('main');
  await executor.remove(run!);
  await cluster.time.advance(60_000);
  expect(await executor.list('main')).toEqual([]);
  expect(here(cluster)).toBeUndefined();
});

test.each<[string, (cluster: Cluster) => void, number]>([
  ['drained', (c) => c.drain(c.podOf(JOB)), 120],
  ['killed', (c) => c.kubelets.kill(c.podOf(JOB), 137, 'Error'), 120],
])("a run that was %s costs its container's own start to end", async (_, strike, most) => {
  const { cluster, executor } = await begin();
  await executor.launch(intent);
  await rig.runOnce(executor, 'running');
  await cluster.time.advance(60_000);
  strike(cluster);
  const { state } = await rig.runOnce(executor, 'ended');
  const { ranSeconds } = (state as { ending: { ranSeconds: number } }).ending;
  expect(ranSeconds).toBeGreaterThanOrEqual(60);
  expect(ranSeconds).toBeLessThan(most);
});
