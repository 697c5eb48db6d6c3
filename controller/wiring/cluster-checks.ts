// What a cluster is asked before a lane is run there, and while one is.
import { access, constants, stat } from 'node:fs/promises';
import { type Version, versionCheck } from '../adapters/kubernetes/doctor/checks.ts';
import { type Account, gather } from '../adapters/kubernetes/doctor/gather.ts';
import { probe } from '../adapters/kubernetes/doctor/probe-pod.ts';
import { Failure } from '../failure.ts';
import type { ClusterConfig } from '../settings/cluster.ts';
import type { Check } from '../std/check.ts';
import type { Cluster } from './cluster-lane.ts';

/** What the cluster has and lacks for these pools; with `probes` also a Pod per pool. */
export async function clusterChecks(
  { api, namespace }: Cluster,
  { pools }: Pick<ClusterConfig, 'pools'>,
  probes: boolean,
  account: Account | null,
): Promise<Check[]> {
  const checks = await gather(api, namespace, pools, account);
  const failed = checks.filter(({ result }) => result === 'fail').map(({ check }) => check);
  // A Pod that cannot come tells in two minutes what is known already.
  const promising = pools.filter(
    ({ name }) => !failed.some((check) => !check.startsWith('pool ') || check.startsWith(`pool ${name}:`)),
  );
  for (const pool of probes ? promising : []) checks.push(...(await probe(api, namespace, pool)));
  return checks;
}

/**
 * Throws Failure 3 where nothing can be written to the folder: a volume of NFS or of a node's folder ignores fsGroup.
 * `mayWrite` rejects where it may not.
 */
export async function refuseUnwritable(
  path: string,
  mayWrite: (path: string) => Promise<unknown> = (path) => access(path, constants.W_OK | constants.X_OK),
): Promise<void> {
  const folder = await stat(path).catch(() => null);
  if (folder === null) return; // it is made
  try {
    await mayWrite(path);
  } catch {
    const [us, them] = [`${process.getuid?.()}:${process.getgid?.()}`, `${folder.uid}:${folder.gid}`];
    throw new Failure(
      3,
      `${path} belongs to ${them}, and this controller runs as ${us}: its volume ignores fsGroup. Give the volume's folder to ${us}, or set runAsUser, runAsGroup and fsGroup of podSecurityContext to its owner`,
    );
  }
}

/** Throws Failure 3 for a cluster that does not know all that a Job of ours asks for. */
export async function refuseOld({ api }: Cluster): Promise<void> {
  const answer = await api.get<Version>('/version').catch(() => null);
  if (answer?.kind !== 'ok') return; // it is away, which the lanes wait for
  const { result, found, fix } = versionCheck(answer.value);
  if (result === 'fail') throw new Failure(3, `the cluster is Kubernetes ${found}: ${fix}`);
}

/** Why the cluster does not answer, or null where it does. */
export async function unreachable({ api }: Cluster): Promise<string | null> {
  const version = await api
    .get('/version')
    .catch((error: Error) => ({ kind: 'refused' as const, message: error.message }));
  return version.kind === 'ok' ? null : `the cluster does not answer: ${version.message}`;
}
