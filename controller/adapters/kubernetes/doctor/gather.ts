// Asks a cluster what checks.ts wants to know. Starts nothing and changes nothing.
import type { V1LimitRange, V1ResourceQuota } from '@kubernetes/client-node';
import type { Check } from '../../../std/check.ts';
import { type Api, Unreachable } from '../client/api.ts';
import type { Serialized } from '../client/objects.ts';
import type { Pool } from '../manifest/pool.ts';
import {
  claimCheck,
  poolChecks,
  QUEUE_RIGHT,
  queueCheck,
  RIGHTS,
  type Right,
  rightCheck,
  type Version,
  versionCheck,
} from './checks.ts';
import type { Node } from './chosen.ts';
import { quotaChecks, rangeChecks } from './limits.ts';

/** One line per check. A cluster that does not answer is a line, too; never throws Unreachable. `account`: the controller's. */
export async function gather(
  api: Api,
  namespace: string,
  pools: readonly Pool[],
  account: Account | null = null,
): Promise<Check[]> {
  try {
    const version = await api.get<Version>('/version');
    if (version.kind === 'refused') return [away(version.message)];
    const queued = pools.some((pool) => pool.queue !== '');
    const asked = queued ? [...RIGHTS, QUEUE_RIGHT] : RIGHTS;
    const checks = await Promise.all([
      Promise.all(asked.map((right) => rights(api, namespace, right, null))),
      account ? rightsOf(api, namespace, asked, account) : [NO_ACCOUNT],
      nodes(api, pools),
      quotas(api, namespace, pools),
      ranges(api, namespace, pools),
      queues(api, namespace, pools),
      claims(api, namespace, pools),
    ]);
    return [versionCheck(version.value), ...checks.flat()];
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return [away(error.message)];
  }
}

/** A service account by its namespace and name. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

const NO_ACCOUNT: Check = {
  check: "the controller's rights",
  result: 'ok',
  found: 'not looked at: --account NAMESPACE/NAME names its account where a release is installed',
  fix: '',
};

function away(found: string): Check {
  return {
    check: 'cluster',
    result: 'fail',
    found,
    fix: 'check the context and that the API server can be reached',
  };
}

/** Those of an account; one line where nobody says what they are. */
async function rightsOf(api: Api, namespace: string, asked: readonly Right[], account: Account) {
  const checks = await Promise.all(asked.map((right) => rights(api, namespace, right, account)));
  const unknown = checks.find(({ result, fix }) => result === 'warn' && fix === MAY_ASK);
  return unknown ? [unknown] : checks;
}

const MAY_ASK = 'run doctor as somebody who may create subjectaccessreviews';

/** `account`: whose rights; null: those of who asks. */
async function rights(api: Api, namespace: string, right: Right, account: Account | null): Promise<Check> {
  const { group, resource, subresource, verbs } = right;
  const kind = account ? 'SubjectAccessReview' : 'SelfSubjectAccessReview';
  const answers = await Promise.all(
    verbs.map(async (verb) => {
      const attributes = { namespace, verb, group, resource, ...(subresource && { subresource }) };
      const review = await api.call<{ status: { allowed: boolean } }>({
        method: 'POST',
        path: `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`,
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind,
          spec: { resourceAttributes: attributes, ...(account && subjectOf(account)) },
        },
      });
      if (review.kind === 'refused' && account) return null;
      return review.kind === 'ok' && review.value.status.allowed ? [] : [verb];
    }),
  );
  const who = account ? `account ${account.namespace}/${account.name}` : '';
  if (answers.includes(null))
    return { check: `${who}: rights`, result: 'warn', found: 'nobody says what they are', fix: MAY_ASK };
  return rightCheck(
    right,
    answers.flatMap((missing) => missing ?? []),
    who,
  );
}

function subjectOf({ namespace, name }: Account) {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { user: `system:serviceaccount:${namespace}:${name}`, groups };
}

async function nodes(api: Api, pools: readonly Pool[]): Promise<Check[]> {
  const all = await api.list<Node>('/api/v1/nodes');
  if (all.kind === 'ok') return pools.flatMap((pool) => poolChecks(pool, all.value));
  const fix = 'run doctor as somebody who may list nodes; the controller itself need not';
  return [{ check: 'nodes', result: 'warn', found: `cannot be read: ${all.message}`, fix }];
}

async function quotas(api: Api, namespace: string, pools: readonly Pool[]): Promise<Check[]> {
  const all = await api.list<Serialized<V1ResourceQuota>>(`/api/v1/namespaces/${namespace}/resourcequotas`);
  return all.kind === 'ok' ? quotaChecks(all.value, pools) : [unread('quota', 'resourcequotas', all.message)];
}

async function ranges(api: Api, namespace: string, pools: readonly Pool[]): Promise<Check[]> {
  const all = await api.list<Serialized<V1LimitRange>>(`/api/v1/namespaces/${namespace}/limitranges`);
  return all.kind === 'ok' ? rangeChecks(all.value, pools) : [unread('limits', 'limitranges', all.message)];
}

function unread(check: string, plural: string, message: string): Check {
  return { check, result: 'warn', found: `cannot be read: ${message}`, fix: `allow list on ${plural}` };
}

async function queues(api: Api, namespace: string, pools: readonly Pool[]): Promise<Check[]> {
  const queued = pools.filter((pool) => pool.queue !== '');
  if (queued.length === 0) return [];
  const names = await namesIn(api, 'kueue.x-k8s.io', ['v1beta2', 'v1beta1'], namespace, 'localqueues');
  return queued.map((pool) => queueCheck(pool, names));
}

async function claims(api: Api, namespace: string, pools: readonly Pool[]): Promise<Check[]> {
  const claiming = pools.filter(({ gpu }) => gpu.claimTemplate !== undefined);
  if (claiming.length === 0) return [];
  const versions = ['v1', 'v1beta2', 'v1beta1'];
  const names = await namesIn(api, 'resource.k8s.io', versions, namespace, 'resourceclaimtemplates');
  return claiming.map((pool) => claimCheck(pool, names));
}

/** Names of the objects of a kind, by the first version that answers; null: none does, or they may not be read. */
async function namesIn(
  api: Api,
  group: string,
  versions: readonly string[],
  namespace: string,
  plural: string,
): Promise<string[] | null> {
  for (const version of versions) {
    const path = `/apis/${group}/${version}/namespaces/${namespace}/${plural}`;
    const all = await api.list<{ metadata: { name: string } }>(path);
    if (all.kind === 'ok') return all.value.map(({ metadata }) => metadata.name);
  }
  return null;
}
