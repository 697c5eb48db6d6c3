// `autoresearch up` as a person starts it, against the API double.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Cluster } from '../double/cluster.ts';
import { main } from './command.ts';

test('a cluster that is too old for its Jobs is refused before anything is made there', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'up-'));
  const cluster = await Cluster.start(() => {
    throw new Error('nothing may run here');
  });
  cluster.api.gitVersion = 'v1.30.2';
  try {
    const [config, KUBECONFIG] = [join(dir, 'config.yaml'), join(dir, 'kubeconfig')];
    const lane = { name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 1 } };
    const pools = [{ name: 'cpu', image: 'trainer:1', gpu: { count: 0 } }];
    await writeFile(config, stringify({ lanes: [lane], pools, data: join(dir, 'data') }));
    await writeFile(KUBECONFIG, cluster.kubeConfig().exportConfig());
    const args = [main, 'up', '--config', config, '--context', 'double', '--namespace', cluster.namespace];
    const { exitCode, stderr } = await execa(process.execPath, args, { reject: false, env: { KUBECONFIG } });
    expect(stderr).toContain(
      'the cluster is Kubernetes v1.30.2: upgrade the cluster to Kubernetes 1.31 or later',
    );
    expect(exitCode).toBe(3);
    expect([...cluster.api.counts.keys()].filter((what) => what.startsWith('create'))).toEqual([]);
  } finally {
    await cluster.close();
    await rm(dir, { recursive: true, force: true });
  }
});
