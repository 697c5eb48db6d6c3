// The nodes as a person beside them has them: what is done to their processes, and to them.
import { once } from 'node:events';
import { execa } from 'execa';
import type { TestContext } from 'vitest';
import type { Pod } from '../../../controller/adapters/kubernetes/client/objects.ts';
import { clusterContext, clusterName } from '../bring-up/kind.ts';
import { setUpLock } from '../bring-up/lock.ts';
import type { Cluster, NoCluster } from '../fixture.ts';

/** Skips a test that lays hands on nodes where they are not containers of ours. */
export const needsNodes =
  (found: Cluster | NoCluster) =>
  ({ skip }: TestContext): void => {
    if ('missing' in found) skip(found.missing);
    else if (found.context !== clusterContext) skip(`the nodes of ${found.context} are not ours to touch`);
  };

/** Stops every Python process of the Pod where it stands: it lives on, and answers nobody, not even a SIGTERM. */
export async function freeze({ metadata, spec }: Pod): Promise<void> {
  // cgroup drivers write the uid with dashes or with underscores.
  const uid = metadata!.uid!.replaceAll('-', '[-_]');
  const script = [
    'frozen=0',
    'for process in /proc/[0-9]*; do',
    `  grep -q '${uid}' $process/cgroup 2>/dev/null || continue`,
    '  grep -q python $process/comm || continue',
    '  kill -STOP $(basename $process) && frozen=$((frozen + 1))',
    'done',
    'test $frozen -gt 0',
  ];
  await execa('docker', ['exec', '-i', spec!.nodeName!, 'sh'], { input: `${script.join('\n')}\n` });
}

/** A node loses its power. `mendCluster` gives it back. */
export async function kill(node: string): Promise<void> {
  await execa('docker', ['kill', node]);
}

/** A node stands still, its clocks apart, for as long as `meanwhile` takes. */
export async function paused(node: string, meanwhile: () => Promise<unknown>): Promise<void> {
  await execa('docker', ['pause', node]);
  try {
    await meanwhile();
  } finally {
    await execa('docker', ['unpause', node]);
  }
}

/** The API server is killed; its kubelet starts it again. */
export async function killApiServer(): Promise<void> {
  const script = [
    'for comm in /proc/[0-9]*/comm; do',
    '  if grep -qx kube-apiserver $comm; then kill -KILL $(basename $(dirname $comm)); exit; fi',
    'done',
    'exit 1',
  ];
  await execa('docker', ['exec', '-i', controlPlane, 'sh'], { input: `${script.join('\n')}\n` });
}

export const controlPlane = `${clusterName}-control-plane`;

/** Works while no set-up of anybody may run, which would start again what is broken on purpose. */
export async function unmended<T>(work: () => Promise<T>): Promise<T> {
  const holder = execa('flock', [setUpLock, 'sh', '-c', 'echo held; cat'], { stdin: 'pipe', buffer: false });
  await once(holder.stdout, 'data');
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await holder;
  }
}
