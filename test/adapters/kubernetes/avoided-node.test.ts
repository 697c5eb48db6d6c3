// A node that lost an attempt, to a broken GPU for instance, is where the next one goes last.
import { afterEach, expect, test } from 'vitest';
import { affinityOf, barsInVain } from '../../../controller/adapters/kubernetes/manifest/affinity.ts';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { intentLike, poolLike, Rig } from '../../double/rig.ts';

const intent = intentLike({ attempt: 2 });
let rig: Rig;
afterEach(() => rig.close());

async function nodeOf(job: string): Promise<string> {
  await rig.until(() => rig.cluster.podsOf(job).some((pod) => pod.spec.nodeName), 1);
  return rig.cluster.podOf(job).spec.nodeName;
}

test.each([
  ['goes elsewhere', ['a', 'b'], ['a'], 'b'],
  ['goes elsewhere the other way round', ['a', 'b'], ['b'], 'a'],
  ['stays where there is nothing else', ['a'], ['a'], 'a'],
])('an attempt after a loss %s', async (_, nodes, avoid, expected) => {
  rig = await Rig.start(undefined, Object.fromEntries(nodes.map((name) => [name, {}])));
  expect(await rig.open().launch(intent, avoid)).toEqual({ kind: 'launched' });
  expect(await nodeOf(jobName(intent))).toBe(expected);
});

test.each(['a', 'b'])('a Job made anew by the next controller still avoids node %s', async (broken) => {
  const taint = { key: 'closed', effect: 'NoSchedule' };
  rig = await Rig.start(undefined, { a: { taints: [taint] }, b: { taints: [taint] } });
  await rig.open().launch(intent, [broken]);
  await rig.cluster.time.advance(60_000);
  const next = rig.open({ pool: poolLike({ tolerations: [{ key: 'closed', operator: 'Exists' }] }) });
  await next.list('main');
  expect(await nodeOf(jobName(intent))).toBe(broken === 'a' ? 'b' : 'a');
});

test('no run goes to a node that fails them, and one that waits is made anew once it may', async () => {
  rig = await Rig.start(undefined, { a: {} });
  let never = ['a'];
  const executor = rig.open({ never: () => never });
  await executor.launch(intent);
  await rig.cluster.time.advance(60_000);
  const [waiting] = await executor.list('main');
  expect(waiting!.state).toMatchObject({ kind: 'pending', sentence: expect.stringMatching(/affinity/) });
  never = [];
  await rig.runOnce(executor, 'ended');
  expect(rig.cluster.podOf(jobName(intent)).spec.nodeName).toBe('a');
});

test('each of the terms that a pool gives leaves out the node, and what the pool bars stays barred', () => {
  const given = ['x', 'y'].map((zone) => ({
    matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }],
  }));
  const bars = { matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['old'] }] };
  const pool = (nodeSelectorTerms: readonly object[]) =>
    poolLike({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    });
  const affinity = affinityOf(pool(given), [], ['a']);
  const { nodeSelectorTerms } = affinity.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!;
  expect(nodeSelectorTerms).toEqual(
    given.map((term) => ({
      ...term,
      matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['a'] }],
    })),
  );
  expect(barsInVain(affinity, pool(given), ['a'])).toBe(false);
  expect(barsInVain(affinity, pool(given), [])).toBe(true);
  expect(barsInVain(affinityOf(pool([bars]), [], []), pool([bars]), [])).toBe(false);
});

test('a pool whose autoscaler makes no node for Pods that name one has none named', async () => {
  rig = await Rig.start(undefined, { a: {} });
  const executor = rig.open({ pool: poolLike({ avoidNodes: false }), never: () => ['a'] });
  await executor.launch(intent, ['a']);
  expect(await nodeOf(jobName(intent))).toBe('a');
  expect(JSON.stringify(rig.cluster.podOf(jobName(intent)).spec)).not.toContain('matchFields');
});
