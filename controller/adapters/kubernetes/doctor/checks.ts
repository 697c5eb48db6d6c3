// What a cluster has and lacks for these pools: a line each, with what to do. Pure; gather.ts asks the cluster.
import type { Check } from '../../../std/check.ts';
import type { Pool } from '../manifest/pool.ts';
import { amountOf } from '../manifest/quantity.ts';
import { isChosen, looksAtPods, type Node, requiredTerms, untolerated } from './chosen.ts';

/** What the controller has to be allowed in the namespace of the runs. `optional`: it only explains less without. */
export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly verbs: readonly string[];
  readonly optional?: string;
}

export const RIGHTS: readonly Right[] = [
  { group: 'batch', resource: 'jobs', verbs: ['get', 'list', 'watch', 'create', 'delete', 'patch'] },
  { group: '', resource: 'pods', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'pods', subresource: 'log', verbs: ['get'] },
  {
    group: '',
    resource: 'events',
    verbs: ['list', 'create'],
    optional: 'nothing is written to Events, and no waiting run is explained',
  },
  {
    group: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'create', 'update'],
    optional: 'a second controller works for nothing instead of waiting',
  },
];

/** Asked for where a pool has a queue: without Kueue nobody has it. */
export const QUEUE_RIGHT: Right = {
  group: 'kueue.x-k8s.io',
  resource: 'workloads',
  verbs: ['list'],
  optional: 'what waits in a Kueue queue is not explained',
};

const OLDEST_MINOR = 31;

/** What `/version` answers, as far as it matters. */
export interface Version {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

export function versionCheck({ major, minor, gitVersion }: Version): Check {
  const old = Number(major) < 1 || (Number(major) === 1 && Number.parseInt(minor, 10) < OLDEST_MINOR);
  const fix = old ? `upgrade the cluster to Kubernetes 1.${OLDEST_MINOR} or later` : '';
  return { check: 'version', result: old ? 'fail' : 'ok', found: gitVersion, fix };
}

/** `missing`: the verbs that are not allowed. `account`: whose rights; '' for those of who asks. */
export function rightCheck(
  { resource, subresource, verbs, optional }: Right,
  missing: readonly string[],
  account = '',
): Check {
  const name = subresource ? `${resource}/${subresource}` : resource;
  const check = `${account && `${account}: `}rights on ${name}`;
  if (missing.length === 0) return { check, result: 'ok', found: verbs.join(', '), fix: '' };
  const fix = `add ${missing.join(', ')} on ${name} to the controller's Role${optional ? `; without it ${optional}` : ''}`;
  return { check, result: optional ? 'warn' : 'fail', found: `not allowed: ${missing.join(', ')}`, fix };
}

/** Everything that nodes can tell about a pool; one line where none of them is in question. */
export function poolChecks(pool: Pool, nodes: readonly Node[]): Check[] {
  const chosen = nodes.filter((node) => isChosen(pool, node));
  const checks = [selectorCheck(pool, chosen, nodes.length)];
  const counted = pool.gpu.count > 0 && pool.gpu.claimTemplate === undefined;
  if (chosen.length === 0) return counted ? [...checks, ...unplugged(pool, nodes)] : checks;
  const open = chosen.filter((node) => untolerated(pool, node).length === 0);
  checks.push(taintCheck(pool, chosen, open));
  if (counted) checks.push(gpuCheck(pool, open), ...unplugged(pool, chosen));
  if (open.length > 0) checks.push(roomCheck(pool, open));
  return checks;
}

function selectorCheck(pool: Pool, chosen: readonly Node[], all: number): Check {
  const check = `pool ${pool.name}: nodes`;
  const wanted = Object.entries(pool.nodeSelector).map(([key, value]) => `${key}=${value}`);
  if (requiredTerms(pool)) wanted.push('what nodeAffinity requires');
  const pods = looksAtPods(pool) ? '; affinity to Pods was not looked at' : '';
  if (chosen.length > 0)
    return { check, result: 'ok', found: `${chosen.length} of ${all} nodes${pods}`, fix: '' };
  const found = wanted.length > 0 ? `no node has ${wanted.join(', ')}` : 'the cluster has no nodes';
  const fix = `correct ${requiredTerms(pool) ? 'nodeSelector or affinity' : 'nodeSelector'}, or go on if an autoscaler makes such nodes when they are asked for`;
  return { check, result: 'warn', found, fix };
}

function taintCheck(pool: Pool, chosen: readonly Node[], open: readonly Node[]): Check {
  const check = `pool ${pool.name}: taints`;
  if (open.length === chosen.length) return { check, result: 'ok', found: 'none in the way', fix: '' };
  const taints = new Set(
    chosen
      .flatMap((node) => untolerated(pool, node))
      .map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`),
  );
  const found = `${chosen.length - open.length} of ${chosen.length} nodes are tainted ${[...taints].join(', ')}`;
  const fix = 'add them to the pool’s tolerations if runs may go there';
  return { check, result: open.length > 0 ? 'warn' : 'fail', found, fix };
}

function gpuCheck({ name, gpu }: Pool, open: readonly Node[]): Check {
  const check = `pool ${name}: GPUs`;
  const counts = open.map((node) => amountOf(node.status?.allocatable?.[gpu.resource]));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const found = `${total} ${gpu.resource} on ${open.length} nodes: room for ${total} runs`;
  if (total > 0) return { check, result: 'ok', found, fix: '' };
  const others = new Set(
    open.flatMap((node) => Object.keys(node.status?.allocatable ?? {})).filter((key) => /gpu|mig-/.test(key)),
  );
  const fix =
    others.size > 0
      ? `set gpu.resource to one of ${[...others].join(', ')}, or gpu.count to 0`
      : 'install the device plugin of the GPUs, or set gpu.count to 0';
  return { check, result: 'fail', found, fix };
}

/** Nodes that are labelled as having GPUs and offer none: the driver or the device plugin is missing there. */
function unplugged({ name }: Pool, nodes: readonly Node[]): Check[] {
  const empty = nodes.filter(
    (node) =>
      hasGpuLabel(node) &&
      !Object.keys(node.status?.allocatable ?? {}).some(
        (key) => /gpu|mig-/.test(key) && amountOf(node.status?.allocatable?.[key]) > 0,
      ),
  );
  if (empty.length === 0) return [];
  const found = `${empty.map((node) => node.metadata?.name).join(', ')}: labelled as GPU nodes, but no GPU is allocatable`;
  const fix =
    'install or repair the driver and the device plugin there (kubectl describe node shows Allocatable)';
  return [{ check: `pool ${name}: GPU labels`, result: 'warn', found, fix }];
}

function roomCheck({ name, resources }: Pool, open: readonly Node[]): Check {
  const check = `pool ${name}: size`;
  const wanted = {
    cpu: resources.cpu,
    memory: resources.memory,
    'ephemeral-storage': resources.ephemeralStorage,
  };
  const fits = open.filter(({ status }) =>
    Object.entries(wanted).every(([key, amount]) => {
      const there = status?.allocatable?.[key];
      return there === undefined || amountOf(there) >= amountOf(amount);
    }),
  );
  const found = `a run takes ${resources.cpu} CPUs, ${resources.memory} of memory, ${resources.ephemeralStorage} of disk`;
  if (fits.length > 0) return { check, result: 'ok', found, fix: '' };
  return {
    check,
    result: 'fail',
    found: `${found}; no node of the pool is that large`,
    fix: 'lower resources of the pool',
  };
}

/** `templates`: names of the ResourceClaimTemplates in the namespace; null: there are none, or they may not be read. */
export function claimCheck({ name, gpu }: Pool, templates: readonly string[] | null): Check {
  const check = `pool ${name}: GPUs`;
  const wanted = `ResourceClaimTemplate ${gpu.claimTemplate}`;
  if (templates === null) {
    const fix = 'use Kubernetes 1.34 with a DRA driver, or gpu.resource instead of gpu.claimTemplate';
    return { check, result: 'warn', found: 'ResourceClaimTemplates cannot be read', fix };
  }
  if (templates.includes(gpu.claimTemplate!))
    return { check, result: 'ok', found: `${wanted}; which devices match it was not looked at`, fix: '' };
  const found = `no ${wanted}; there is ${templates.join(', ') || 'none'}`;
  return { check, result: 'fail', found, fix: 'create it in the namespace of the runs' };
}

/** `queues`: names of the LocalQueues in the namespace; null: Kueue is not installed or may not be read. */
export function queueCheck(pool: Pool, queues: readonly string[] | null): Check {
  const check = `pool ${pool.name}: Kueue`;
  if (queues === null)
    return {
      check,
      result: 'warn',
      found: 'LocalQueues cannot be read',
      fix: `install Kueue, or empty the pool's queue`,
    };
  if (queues.includes(pool.queue)) return { check, result: 'ok', found: `queue ${pool.queue}`, fix: '' };
  const found = `no LocalQueue ${pool.queue}; there is ${queues.join(', ') || 'none'}`;
  return { check, result: 'fail', found, fix: 'create it, or name one of these as queue' };
}

function hasGpuLabel({ metadata }: Node): boolean {
  return Object.keys(metadata?.labels ?? {}).some((key) =>
    /^(nvidia\.com\/gpu\.(present|product|count)|cloud\.google\.com\/gke-accelerator|karpenter\.k8s\.aws\/instance-gpu-name)$/.test(
      key,
    ),
  );
}
