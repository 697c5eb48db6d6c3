// Nodes with eight GPUs each that are not there: KWOK says for them that they are ready.
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moduleFolder, versionOf } from '../../cluster/bring-up/binaries.ts';
import { withTools } from '../../cluster/bring-up/cache.ts';
import type { Cluster } from '../../cluster/fixture.ts';
import { GPUS_PER_NODE, NODES, POOL_LABEL, TAINT } from './shape.ts';

const NAMES = Array.from({ length: NODES }, (_, n) => `gpus-${String(n).padStart(3, '0')}`);

/** Adds them; their kubelet listens at this address. What ends KWOK and takes them away. */
export async function addNodes(
  cluster: Cluster,
  dir: string,
  kubelet: { readonly ip: string; readonly port: number },
): Promise<() => Promise<void>> {
  const kubeconfig = join(dir, 'kubeconfig');
  await writeFile(kubeconfig, await cluster.kubectl(['config', 'view', '--raw', '--minify', '--flatten']));
  const kwok = spawn(
    'kwok',
    [
      ...['--kubeconfig', kubeconfig, '--config', await stagesIn(dir), '--manage-all-nodes=false'],
      '--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake',
      ...['--node-ip', kubelet.ip, '--node-port', String(kubelet.port)],
      ...['--server-address', `127.0.0.1:${kubelet.port + 1}`],
    ],
    { stdio: ['ignore', 'ignore', 'ignore'], env: withTools() },
  );
  const away = async () => {
    await cluster.kubectl(['delete', 'node', ...NAMES, '--wait=false', '--ignore-not-found']);
    await ended(kwok);
  };
  try {
    const nodes = NAMES.map((name) => JSON.stringify(nodeOf(name, kubelet.ip))).join('\n---\n');
    await cluster.kubectl(['apply', '-f', '-'], nodes);
    const ready = ['--for=condition=Ready', '--timeout=50s'];
    await cluster.kubectl(['wait', ...ready, ...NAMES.map((name) => `node/${name}`)]);
    return away;
  } catch (error) {
    await away();
    throw error;
  }
}

function nodeOf(name: string, ip: string) {
  const has = {
    cpu: '128',
    memory: '2Ti',
    pods: '110',
    'ephemeral-storage': '10Ti',
    'nvidia.com/gpu': String(GPUS_PER_NODE),
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
      labels: {
        ...POOL_LABEL,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
      },
    },
    spec: { taints: [TAINT] },
    status: {
      allocatable: has,
      capacity: has,
      // Both: where one is missing KWOK writes it over the other.
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
    },
  };
}

/** One file of what KWOK does for nodes, as its own release brings it. */
async function stagesIn(dir: string): Promise<string> {
  const module = await moduleFolder('sigs.k8s.io/kwok', versionOf('kwok'));
  const parts: string[] = [];
  for (const folder of ['fast', 'heartbeat']) {
    const from = join(module, 'kustomize', 'stage', 'node', folder);
    for (const name of await readdir(from))
      if (name.endsWith('.yaml') && name !== 'kustomization.yaml')
        parts.push(await readFile(join(from, name), 'utf8'));
  }
  const file = join(dir, 'stages.yaml');
  await writeFile(file, parts.join('\n---\n'));
  return file;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null)
    throw new Error(`kwok ended by itself with ${child.exitCode}; run it by hand to see why`);
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
}
