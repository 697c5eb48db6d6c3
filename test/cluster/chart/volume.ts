// A volume for the controller on a cluster that has no storage class: a folder of a worker, which outlives any Pod.
import { execa } from 'execa';
import { clusterContext, clusterName } from '../bring-up/kind.ts';
import type { Cluster } from '../fixture.ts';

/** The name of a claim in the namespace that any Pod of worker a can mount. `hostPath`: it ignores fsGroup, as NFS does. */
export async function claimVolume(
  cluster: Cluster,
  namespace: string,
  hostPath = false,
  name = 'data',
): Promise<string> {
  if (cluster.context !== clusterContext)
    throw new Error(`${cluster.context} is no cluster of ours: its own storage class makes the volume`);
  const path = `${folderOf(namespace)}/${name}`;
  await execa('docker', ['exec', `${clusterName}-worker`, 'mkdir', '-p', path]);
  const storage = '1Gi';
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${namespace}-${name}`, labels: { of: namespace } },
      spec: {
        capacity: { storage },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: '',
        claimRef: { namespace, name },
        ...(hostPath ? { hostPath: { path } } : { local: { path } }),
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'autoresearch.dev/pool', operator: 'In', values: ['a'] }] },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        volumeName: `${namespace}-${name}`,
        resources: { requests: { storage } },
      },
    },
  ];
  await cluster.kubectl(
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
  );
  return name;
}

/** Removes the volumes and what lies on them; the namespace is gone by then. */
export async function removeVolume(cluster: Cluster, namespace: string): Promise<void> {
  await cluster.kubectl(['delete', 'persistentvolume', '-l', `of=${namespace}`, '--wait=false']);
  const path = folderOf(namespace);
  await execa('docker', ['exec', `${clusterName}-worker`, 'rm', '-rf', path]);
}

const folderOf = (namespace: string) => `/var/lib/autoresearch-test/${namespace}`;
