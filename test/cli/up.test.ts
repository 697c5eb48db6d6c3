// `autoresearch up` as a person starts it, against the API double.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readStatus } from '../../controller/observers/status-file.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';
import { Cluster } from '../double/cluster.ts';
import { main } from './command.ts';

function begin(args: readonly string[], KUBECONFIG: string) {
  return execa(process.execPath, [main, 'up', ...args], { reject: false, env: { KUBECONFIG } });
}

/** Starts it for a lane with one CPU pool of this cluster, and ends both after `work`. */
async function controlling(
  cluster: Cluster,
  work: (child: ReturnType<typeof begin>, data: string) => Promise<void>,
  runs: object = {},
  more: object = {},
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'up-'));
  try {
    const [config, KUBECONFIG] = [join(dir, 'config.yaml'), join(dir, 'kubeconfig')];
    const lane = { name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 1 } };
    const pools = [{ name: 'cpu', image: 'trainer:1', gpu: { count: 0 } }];
    await writeFile(config, stringify({ lanes: [lane], pools, runs, data: join(dir, 'data'), ...more }));
    await writeFile(KUBECONFIG, cluster.kubeConfig().exportConfig());
    const args = ['--config', config, '--context', 'double', '--namespace', cluster.namespace];
    await work(begin(args, KUBECONFIG), join(dir, 'data'));
  } finally {
    await cluster.close();
    await rm(dir, { recursive: true, force: true });
  }
}

function nothingRuns(): never {
  throw new Error('nothing may run here');
}

test('a cluster that is too old for its Jobs is refused before anything is made there', async () => {
  const old = await Cluster.start(nothingRuns);
  old.api.gitVersion = 'v1.30.2';
  await controlling(old, async (child) => {
    const { exitCode, stderr } = await child;
    expect(stderr).toContain(
      'the cluster is Kubernetes v1.30.2: upgrade the cluster to Kubernetes 1.31 or later',
    );
    expect(exitCode).toBe(3);
    expect([...old.api.counts.keys()].filter((what) => what.startsWith('create'))).toEqual([]);
  });
});

test('told to end while a run waits for a node, it ends well and leaves the run', async () => {
  const cluster = await Cluster.start(nothingRuns, {});
  await controlling(cluster, async (child) => {
    const jobs = () => cluster.objects.all('jobs', cluster.namespace).length;
    await expect.poll(jobs, { timeout: 240_000 }).toBe(1);
    child.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await child;
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toContain('"reason":"asked"');
    expect(jobs()).toBe(1);
  });
});

test('what ran for a lane that is no longer in the settings is deleted at the start', async () => {
  const cluster = await Cluster.start(nothingRuns, {});
  const { objects, namespace } = cluster;
  const anchor = objects.create('configmaps', { metadata: { name: 'lab-anchor', namespace } });
  const labels = {
    'app.kubernetes.io/part-of': 'autoresearch',
    'app.kubernetes.io/component': 'experiment',
    'autoresearch.dev/lane': 'gone',
  };
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'lab-anchor', uid: anchor.metadata.uid! };
  const of = (name: string, ownerReferences: (typeof owner)[]) =>
    objects.create('jobs', {
      metadata: { name, namespace, labels, ownerReferences },
      spec: { suspend: true },
    });
  of('ours', [owner]);
  of('of-another', []);
  const work = async (child: ReturnType<typeof begin>) => {
    const jobs = () => objects.all('jobs', namespace).map(({ metadata }) => metadata.name);
    await expect.poll(jobs, { timeout: 240_000 }).toEqual(['of-another', 'ar-lab-main-000000-a1']);
    child.kill('SIGTERM');
    const { stdout } = await child;
    expect(stdout).toContain('Job ours is deleted: its lane is no longer in the settings');
  };
  await controlling(cluster, work, { anchor: 'lab-anchor' });
});

test('a store that is away at the start is told by the status of the lane', async () => {
  const cluster = await Cluster.start(nothingRuns);
  const store = { url: 's3://lab/x', endpoint: 'http://127.0.0.1:1', region: 'us-east-1' };
  await controlling(
    cluster,
    async (child, data) => {
      const told = async () => (await readStatus(new LanePaths(data).status('main')))?.why;
      await expect.poll(told, { timeout: 120_000 }).toMatch(/reading s3:.*looking again in/);
      child.kill('SIGTERM');
      await child;
    },
    {},
    // As in a lab.yaml: what only the chart reads is passed over.
    { store, image: { repository: 'controller', tag: '1' }, persistence: { enabled: false } },
  );
});
