// A node that lost an attempt, to a broken GPU for instance, is where the next one goes last.
import { afterEach, expect, test } from 'vitest';
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
