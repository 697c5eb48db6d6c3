// Images and chart of a release go into a registry and come out of it by digest: small ones for two architectures, and
// those of this checkout, which a cluster installs from there.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { withTools } from '../bring-up/cache.ts';
import { clusterName, hostAddress } from '../bring-up/kind.ts';
import { claimVolume, removeVolume } from '../chart/volume.ts';
import { loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { registryIn } from './registry.ts';

// It brings Docker and Helm, too.
const found = await theCluster(['helm']);
const root = join(import.meta.dirname, '..', '..', '..');
const TAG = '9.8.7';
const SOURCES = 'https://git.example/lab/autoresearch';
const NAMES = ['autoresearch-controller', 'autoresearch-trainer'];
const script = (name: string) => join(root, 'images', 'release', name);
const namespace = `registry-${process.pid}`;
let dir: string;
let host: string;
let registry: string;
let server: Awaited<ReturnType<typeof registryIn>>;

beforeEach(needsCluster(found));
beforeAll(async () => {
  if ('missing' in found) return;
  dir = await mkdtemp(join(tmpdir(), 'registry-'));
  server = await registryIn(dir);
  host = server.host;
  registry = `${host}/lab`;
});

afterAll(async () => {
  server?.end();
  if (dir) await rm(dir, { recursive: true, force: true });
});

/** Images that hold a word, for this architecture. */
async function imagesFor(architecture: string): Promise<void> {
  for (const name of NAMES) {
    await writeFile(join(dir, 'word'), `${name} for ${architecture}`);
    await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY word /word\n');
    const platform = ['--platform', `linux/${architecture}`];
    await execa('docker', ['build', '-q', ...platform, '-t', `${name}:${TAG}`, dir]);
  }
}

test('a release comes out of its registry by digest, with images for two architectures', {
  timeout: 300_000,
}, async () => {
  for (const architecture of ['amd64', 'arm64']) {
    await imagesFor(architecture);
    const { stdout } = await execa(script('push.sh'), [registry, TAG, architecture]);
    expect(stdout.split('\n')).toEqual(
      NAMES.map((name) => expect.stringMatching(new RegExp(`^${registry}/${name}@sha256:[0-9a-f]{64}$`))),
    );
  }
  const joined = await execa(script('push.sh'), ['--insecure', registry, TAG, '--join', 'amd64', 'arm64']);
  const [controller, trainer] = joined.stdout.split('\n');
  const inspected = await execa('docker', ['manifest', 'inspect', '--insecure', controller!]);
  const { manifests } = JSON.parse(inspected.stdout) as {
    manifests: { platform: { architecture: string } }[];
  };
  expect(manifests.map(({ platform }) => platform.architecture).sort()).toEqual(['amd64', 'arm64']);

  const env = withTools();
  const pushed = await execa(script('chart.sh'), ['--insecure', registry, SOURCES], {
    input: joined.stdout,
    env,
  });
  const [, digest] = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout) ?? [];
  const chart = `oci://${registry}/charts/autoresearch@${digest}`;
  const values = join(dir, 'lab.yaml');
  const lane = { name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 1 } };
  const pool = { name: 'cpu', image: trainer, clock: 'cpu', gpu: { count: 0 } };
  await writeFile(values, JSON.stringify({ lanes: [lane], pools: [pool] }));
  const rendered = await execa('helm', ['template', 'lab', chart, '--plain-http', '-f', values], { env });
  expect(rendered.stdout).toContain(`image: ${controller}`);
  const about = await execa('helm', ['show', 'chart', chart, '--plain-http'], { env });
  expect(about.stdout).toContain(controller);
  expect(about.stdout).toContain(trainer);
  expect(parse(about.stdout)).toMatchObject({ home: SOURCES, sources: [SOURCES] });
});

/** Runs a script on each worker. */
async function onNodes(script: string, input = ''): Promise<void> {
  for (const node of ['worker', 'worker2'])
    await execa('docker', ['exec', '-i', `${clusterName}-${node}`, 'sh', '-c', script], { input });
}

/** The cluster's nodes find this machine's registry under the name that it has here. */
async function knownToNodes(): Promise<void> {
  const gateway = await hostAddress();
  const folder = `/etc/containerd/certs.d/${host}`;
  const told = `[host."http://${gateway}:${host.split(':')[1]}"]\n  capabilities = ["pull", "resolve"]\n`;
  await onNodes(`mkdir -p ${folder} && cat >${folder}/hosts.toml`, told);
}

/** What was pulled has the same content as what other tests load, and another digest: they shall not meet it. */
async function forgottenByNodes(): Promise<void> {
  const pulled = `ctr -n k8s.io images ls -q | grep -F ${host}/ | xargs -r ctr -n k8s.io images rm`;
  await onNodes(`rm -r /etc/containerd/certs.d/${host} && ${pulled}`);
}

test('a cluster installs this release out of the registry by digest, and `helm test` sees a run measured', {
  timeout: 1_200_000,
}, async () => {
  const cluster = present(found);
  for (const name of ['controller', 'trainer'] as const) {
    const image = await loadedImage(cluster, name);
    await execa('docker', ['tag', image, `autoresearch-${name}:${TAG}`]);
  }
  const { stdout } = await execa(script('push.sh'), [
    registry,
    TAG,
    process.arch === 'x64' ? 'amd64' : process.arch,
  ]);
  const env = withTools();
  const pushed = await execa(script('chart.sh'), ['--insecure', registry], { input: stdout, env });
  const [, digest] = /digest: (sha256:[0-9a-f]{64})/.exec(pushed.stdout) ?? [];
  await knownToNodes();

  await cluster.kubectl(['create', 'namespace', namespace]);
  try {
    const [controller, trainer] = stdout.split('\n');
    const resources = { cpu: '200m', memory: '1Gi', ephemeralStorage: '1Gi', sharedMemory: '128Mi' };
    const nodeSelector = { 'autoresearch.dev/pool': 'a' };
    const lane = { name: 'main', pool: 'cpu', trainer: 'cpu', budgetSeconds: 1, wallSeconds: 120 };
    const values = {
      lanes: [{ ...lane, limits: { maxGpuHours: 1, experiments: 1 } }],
      pools: [{ name: 'cpu', image: trainer, clock: 'cpu', gpu: { count: 0 }, nodeSelector, resources }],
      runs: { namespace: `${namespace}-runs`, createNamespace: true },
      persistence: { existingClaim: await claimVolume(cluster, namespace) },
      resources: { requests: { cpu: '50m' } },
    };
    const helm = (args: readonly string[], input = '') =>
      execa('helm', ['--kube-context', cluster.context, '-n', namespace, ...args], { env, input });
    const chart = `oci://${registry}/charts/autoresearch@${digest}`;
    await helm(
      ['install', 'lab', chart, '--plain-http', '--wait', '--timeout', '10m', '-f', '-'],
      JSON.stringify(values),
    );
    const image = 'jsonpath={.items[*].status.containerStatuses[*].imageID}';
    const runs = await cluster.kubectl(['-n', namespace, 'get', 'pods', '-o', image]);
    expect(runs).toBe(controller);
    expect((await helm(['test', 'lab', '--timeout', '10m'])).stdout).toContain('Phase:          Succeeded');
    await helm(['uninstall', 'lab', '--wait']);
  } finally {
    await cluster.kubectl(['delete', 'namespace', namespace, `${namespace}-runs`, '--ignore-not-found']);
    await removeVolume(cluster, namespace);
    await forgottenByNodes();
  }
});

test('a chart without the image of its controller is refused with what to do', async () => {
  const said = await execa(script('chart.sh'), ['127.0.0.1:1'], { input: 'nothing\n', reject: false });
  expect([said.exitCode, said.stderr]).toEqual([2, expect.stringContaining('pipe in what push.sh printed')]);
});
