// How the nodes are, and what a Pod has left on one: asked of the cluster, and of the node containers of our own.
import { execa } from 'execa';
import { clusterContext } from './bring-up/kind.ts';
import type { Cluster } from './fixture.ts';

interface PodOnNode {
  readonly uid: string;
  readonly node: string;
}

/** Words on every node that is not ready or short of something; empty: all are well. */
export async function illnesses(cluster: Cluster): Promise<string[]> {
  const { items } = JSON.parse(await cluster.kubectl(['get', 'nodes', '-o', 'json']));
  return items.flatMap((node: NodeObject) =>
    node.status.conditions
      .filter(({ type, status }) => status !== (type === 'Ready' ? 'True' : 'False'))
      .map(({ type, status }) => `${node.metadata.name}: ${type} is ${status}`),
  );
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

export async function podsIn(cluster: Cluster, namespace: string): Promise<PodOnNode[]> {
  const { items } = JSON.parse(await cluster.kubectl(['-n', namespace, 'get', 'pods', '-o', 'json']));
  return items.map((pod: { metadata: { uid: string }; spec: { nodeName: string } }) => ({
    uid: pod.metadata.uid,
    node: pod.spec.nodeName,
  }));
}

/** Whether `remains` can look into the nodes: they are containers on this machine. */
export const canLookInside = (cluster: Cluster): boolean => cluster.context === clusterContext;

/** Folders of a node that hold one folder per Pod: volumes, and the cgroups that whatever runs keeps. */
export const LEFT: readonly string[] = ['/var/lib/kubelet/pods', '/sys/fs/cgroup'];

/** Processes whose command line holds `marker`, and whatever is named after the Pods in `folders`, on their nodes. */
export async function remains(
  pods: readonly PodOnNode[],
  marker: string,
  folders: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const node of new Set(pods.map((pod) => pod.node))) {
    const uids = pods.filter((pod) => pod.node === node).map((pod) => pod.uid);
    // A cgroup's name has dashes or underscores for the same uid.
    const names = uids.flatMap((uid) => [uid, uid.replaceAll('-', '_')]).join('\n');
    const args = ['exec', node, 'sh', '-c', LOOK, 'sh', marker, names, ...folders];
    const { stdout } = await execa('docker', args);
    found.push(
      ...stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => `${node}: ${line}`),
    );
  }
  return found;
}

/** $1: the marker; $2: names, a line each; then folders. */
const LOOK = `
marker=$1 names=$2; shift 2
for file in /proc/[0-9]*/cmdline; do
  case $file in /proc/$$/*) continue ;; esac
  tr '\\0' ' ' <$file 2>/dev/null | grep -qF -e "$marker" && echo "process $file"
done
find "$@" -type d -name '*[0-9a-f][-_]*' 2>/dev/null | grep -F -e "$names"
true`;
