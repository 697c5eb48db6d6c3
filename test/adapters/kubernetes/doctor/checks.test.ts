// What doctor says of a cluster, in a line each, and that every line that is not ok says what to do.
import { afterEach, describe, expect, test } from 'vitest';
import { gather } from '../../../../controller/adapters/kubernetes/doctor/gather.ts';
import { amountOf } from '../../../../controller/adapters/kubernetes/manifest/quantity.ts';
import type { Cluster } from '../../../double/cluster.ts';
import type { NodeOptions } from '../../../double/nodes.ts';
import { poolLike, Rig } from '../../../double/rig.ts';

const rigs: Rig[] = [];
const gpuPool = poolLike({
  name: 'gpu',
  gpu: { count: 1 },
  nodeSelector: { team: 'lm' },
  resources: { cpu: '4' },
});
const gpuNode: NodeOptions = {
  labels: { team: 'lm', 'nvidia.com/gpu.product': 'H100' },
  allocatable: { 'nvidia.com/gpu': '8' },
};

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

const requiring = (...matchExpressions: object[]) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
  },
});

/** An object of the namespace that bounds what is in it. */
function restrict({ objects }: Cluster, plural: string, rest: object): void {
  objects.create(plural, { metadata: { name: 'it', namespace: 'lab' }, ...rest });
}

async function told(
  nodes: Record<string, NodeOptions>,
  pool = gpuPool,
  change: (cluster: Cluster) => void = () => {},
) {
  const rig = await Rig.start(undefined, nodes);
  rigs.push(rig);
  change(rig.cluster);
  const checks = await gather(rig.api(), 'lab', [pool]);
  for (const { result, fix } of checks) expect(fix === '').toBe(result === 'ok');
  return checks;
}

describe('doctor', () => {
  test('finds nothing to say of a cluster that has it all', async () => {
    const checks = await told({ a: gpuNode, b: gpuNode });
    expect(checks.map(({ check, result, found }) => `${result} ${check}: ${found}`)).toEqual([
      'ok version: v1.34.4',
      'ok rights on jobs: get, list, watch, create, delete, patch',
      'ok rights on pods: get, list, watch',
      'ok rights on pods/log: get',
      'ok rights on events: list, create',
      'ok rights on leases: get, create, update',
      "ok the controller's rights: not looked at: --account NAMESPACE/NAME names its account where a release is installed",
      'ok pool gpu: nodes: 2 of 2 nodes',
      'ok pool gpu: taints: none in the way',
      'ok pool gpu: GPUs: 16 nvidia.com/gpu on 2 nodes: room for 16 runs',
      'ok pool gpu: size: a run takes 4 CPUs, 24Gi of memory, 8Gi of disk',
      'ok quota: none',
    ]);
  });

  const cases: readonly (readonly [
    string,
    Record<string, NodeOptions>,
    typeof gpuPool,
    (cluster: Cluster) => void,
    string,
  ])[] = [
    [
      'an old cluster',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.api.gitVersion = 'v1.30.2';
      },
      'fail version: v1.30.2 → upgrade the cluster to Kubernetes 1.31 or later',
    ],
    [
      'a verb that is missing',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.api.denied.add('create jobs').add('watch jobs');
      },
      "fail rights on jobs: not allowed: watch, create → add watch, create on jobs to the controller's Role",
    ],
    [
      'a verb that it can do without',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.api.denied.add('create events');
      },
      "warn rights on events: not allowed: create → add create on events to the controller's Role; without it nothing is written to Events, and no waiting run is explained",
    ],
    [
      'a Lease that it may not take',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.api.denied.add('create leases').add('update leases');
      },
      "warn rights on leases: not allowed: create, update → add create, update on leases to the controller's Role; without it a second controller works for nothing instead of waiting",
    ],
    [
      'nodes that it may not see',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.api.denied.add('list nodes');
      },
      'warn nodes: cannot be read: User "controller" cannot list resource "nodes" in the namespace "" → run doctor as somebody who may list nodes; the controller itself need not',
    ],
    [
      'a selector that no node matches',
      { a: {} },
      gpuPool,
      () => {},
      'warn pool gpu: nodes: no node has team=lm → correct nodeSelector, or go on if an autoscaler makes such nodes when they are asked for',
    ],
    [
      'taints on all nodes',
      { a: { ...gpuNode, taints: [{ key: 'only', value: 'us', effect: 'NoSchedule' }] } },
      gpuPool,
      () => {},
      'fail pool gpu: taints: 1 of 1 nodes are tainted only=us:NoSchedule → add them to the pool’s tolerations if runs may go there',
    ],
    [
      'taints on some nodes',
      { a: gpuNode, b: { ...gpuNode, taints: [{ key: 'only', effect: 'NoExecute' }] } },
      gpuPool,
      () => {},
      'warn pool gpu: taints: 1 of 2 nodes are tainted only=:NoExecute → add them to the pool’s tolerations if runs may go there',
    ],
    [
      'MIG devices instead of whole GPUs',
      { a: { ...gpuNode, allocatable: { 'nvidia.com/mig-1g.10gb': '7' } } },
      gpuPool,
      () => {},
      'fail pool gpu: GPUs: 0 nvidia.com/gpu on 1 nodes: room for 0 runs → set gpu.resource to one of nvidia.com/mig-1g.10gb, or gpu.count to 0',
    ],
    [
      'GPU labels without GPUs',
      { a: gpuNode, b: { labels: gpuNode.labels! } },
      gpuPool,
      () => {},
      'warn pool gpu: GPU labels: b: labelled as GPU nodes, but no GPU is allocatable → install or repair the driver and the device plugin there (kubectl describe node shows Allocatable)',
    ],
    [
      'nodes that are too small',
      { a: gpuNode },
      poolLike({ ...gpuPool, resources: { memory: '64Gi' } }),
      () => {},
      'fail pool gpu: size: a run takes 4 CPUs, 64Gi of memory, 8Gi of disk; no node of the pool is that large → lower resources of the pool',
    ],
    [
      'a quota without room',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.quota('tight', { pods: '0', 'requests.storage': '0' });
      },
      'fail pool gpu: quota tight: pods: a run needs 1, 0 of 0 used → raise the quota, or lower resources of the pool: no run can ever start',
    ],
    [
      'a quota with less room than one run needs',
      { a: gpuNode },
      gpuPool,
      (c) => {
        restrict(c, 'resourcequotas', {
          spec: { hard: { 'requests.cpu': '10', 'requests.nvidia.com/gpu': '4' } },
          status: {
            hard: { 'requests.cpu': '10', 'requests.nvidia.com/gpu': '4' },
            used: { 'requests.cpu': '6500m', 'requests.nvidia.com/gpu': '3' },
          },
        });
      },
      'warn pool gpu: quota it: requests.cpu: a run needs 4, 6500m of 10 used → raise the quota; runs wait until there is room',
    ],
    [
      'that a quota of others is none of its own',
      { a: gpuNode },
      gpuPool,
      (c) => {
        restrict(c, 'resourcequotas', { spec: { hard: { pods: '0' }, scopes: ['BestEffort'] } });
      },
      'ok quota: none → ',
    ],
    [
      'a quota with a scope that it cannot judge',
      { a: gpuNode },
      gpuPool,
      (c) => {
        restrict(c, 'resourcequotas', { spec: { hard: { memory: '1Gi' }, scopeSelector: {} } });
      },
      'warn pool gpu: quota it: memory: a run needs 24Gi, 0 of 1Gi used; whether its scope holds runs was not looked at → raise the quota; runs wait until there is room',
    ],
    [
      'a range that no run fits into',
      { a: gpuNode },
      gpuPool,
      (c) => {
        const limits = [
          { type: 'Container', max: { memory: '8Gi' }, min: { cpu: '8' } },
          { type: 'PersistentVolumeClaim', max: { storage: '1' } },
        ];
        restrict(c, 'limitranges', { spec: { limits } });
      },
      'fail pool gpu: limits: cpu: a run takes 4, LimitRange it demands 8, memory: a run needs 24Gi, LimitRange it allows 8Gi → change the LimitRange, or resources of the pool: no run can start',
    ],
    [
      'ranges that it may not read',
      { a: gpuNode },
      gpuPool,
      (c) => {
        c.api.denied.add('list limitranges');
      },
      'warn limits: cannot be read: User "controller" cannot list resource "limitranges" in the namespace "lab" → allow list on limitranges',
    ],
    [
      'that no node is what affinity requires',
      { a: gpuNode },
      poolLike({ ...gpuPool, affinity: requiring({ key: 'zone', operator: 'In', values: ['b'] }) }),
      () => {},
      'warn pool gpu: nodes: no node has team=lm, what nodeAffinity requires → correct nodeSelector or affinity, or go on if an autoscaler makes such nodes when they are asked for',
    ],
    [
      'the nodes that affinity requires, and that affinity to Pods is another matter',
      { a: { ...gpuNode, labels: { ...gpuNode.labels, cores: '64' } }, b: gpuNode },
      poolLike({
        ...gpuPool,
        affinity: {
          ...requiring({ key: 'cores', operator: 'Gt', values: ['32'] }),
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
        },
      }),
      () => {},
      'ok pool gpu: nodes: 1 of 2 nodes; affinity to Pods was not looked at → ',
    ],
    [
      'a queue without Kueue',
      { a: gpuNode },
      poolLike({ ...gpuPool, queue: 'q' }),
      () => {},
      "warn pool gpu: Kueue: LocalQueues cannot be read → install Kueue, or empty the pool's queue",
    ],
    [
      'a queue that does not exist',
      { a: gpuNode },
      poolLike({ ...gpuPool, queue: 'q' }),
      (c) => {
        c.api.absent.clear();
        c.objects.create('localqueues', { metadata: { name: 'other', namespace: 'lab' } });
      },
      'fail pool gpu: Kueue: no LocalQueue q; there is other → create it, or name one of these as queue',
    ],
    [
      'a claim that nothing there can meet',
      { a: gpuNode },
      poolLike({ ...gpuPool, gpu: { claimTemplate: 'one' } }),
      (c) => {
        c.objects.create('resourceclaimtemplates', { metadata: { name: 'other', namespace: 'lab' } });
      },
      'fail pool gpu: GPUs: no ResourceClaimTemplate one; there is other → create it in the namespace of the runs',
    ],
    [
      'a claim on a cluster without claims',
      { a: gpuNode },
      poolLike({ ...gpuPool, gpu: { claimTemplate: 'one' } }),
      (c) => {
        c.api.absent.add('resourceclaimtemplates');
      },
      'warn pool gpu: GPUs: ResourceClaimTemplates cannot be read → use Kubernetes 1.34 with a DRA driver, or gpu.resource instead of gpu.claimTemplate',
    ],
    [
      'a claim that has its template, and no GPU that a plugin offers',
      { a: { labels: gpuNode.labels! } },
      poolLike({ ...gpuPool, gpu: { claimTemplate: 'one' } }),
      (c) => {
        c.objects.create('resourceclaimtemplates', { metadata: { name: 'one', namespace: 'lab' } });
      },
      'ok pool gpu: GPUs: ResourceClaimTemplate one; which devices match it was not looked at → ',
    ],
  ];
  test.each(cases)('sees %s', async (_, nodes, pool, change, line) => {
    const checks = await told(nodes, pool, change);
    expect(checks.map(({ check, result, found, fix }) => `${result} ${check}: ${found} → ${fix}`)).toContain(
      line,
    );
  });

  test.each([
    ['In', ['b'], 'b'],
    ['NotIn', ['a', 'c'], 'b,bare'],
    ['Exists', [], 'a,b,c'],
    ['DoesNotExist', [], 'bare'],
  ])('reads the operator %s %j as the scheduler does', async (operator, values, chosen) => {
    const zoned = (zone: string) => ({ ...gpuNode, labels: { ...gpuNode.labels, zone } });
    const nodes = { a: zoned('a'), b: zoned('b'), c: zoned('c'), bare: gpuNode };
    const pool = poolLike({ ...gpuPool, affinity: requiring({ key: 'zone', operator, values }) });
    const line = (await told(nodes, pool)).find(({ check }) => check === 'pool gpu: nodes');
    expect(line?.found).toBe(`${chosen.split(',').length} of 4 nodes`);
  });

  test("tells the controller's rights beside those of who asks", async () => {
    const rig = await Rig.start(undefined, { a: gpuNode });
    rigs.push(rig);
    const { api } = rig.cluster;
    api.deniedTo.set('system:serviceaccount:lab:robot', new Set(['create jobs']));
    const account = { namespace: 'lab', name: 'robot' };
    const of = async () =>
      (await gather(rig.api(), 'lab', [gpuPool], account)).filter(({ result }) => result !== 'ok');
    expect(await of()).toEqual([
      {
        check: 'account lab/robot: rights on jobs',
        result: 'fail',
        found: 'not allowed: create',
        fix: "add create on jobs to the controller's Role",
      },
    ]);
    api.denied.add('create subjectaccessreviews');
    expect((await of()).map(({ check, result, fix }) => [check, result, fix])).toEqual([
      ['account lab/robot: rights', 'warn', 'run doctor as somebody who may create subjectaccessreviews'],
    ]);
  });

  test('says in one line that a cluster does not answer', async () => {
    const rig = await Rig.start();
    rigs.push(rig);
    rig.cluster.api.faults.arm({ kind: 'drop' }, { times: 100 });
    expect(await gather(rig.api(), 'lab', [gpuPool])).toMatchObject([
      { check: 'cluster', result: 'fail', fix: expect.stringMatching(/context/) },
    ]);
  });
});

describe('a quantity', () => {
  test.each([
    ['500m', 0.5],
    ['4', 4],
    ['16Gi', 16 * 2 ** 30],
    ['1.5G', 1.5e9],
    [undefined, 0],
    ['many', Number.NaN],
  ])('%s is %d', (quantity, amount) => {
    expect(amountOf(quantity)).toBe(amount);
  });
});
