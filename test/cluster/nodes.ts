// The nodes as a person beside them has them: what is done to their processes, and to them.
import { execa } from 'execa';
import type { TestContext } from 'vitest';
import type { Pod } from '../../controller/adapters/kubernetes/pods.ts';
import type { Cluster, NoCluster } from './fixture.ts';
import { clusterContext } from './kind.ts';

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
