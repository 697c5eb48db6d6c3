// The set-up itself: a cluster that is complete, that a second bring-up leaves alone, and a reason where there is none.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadedImage, needsCluster, present, runDown, runUp, theCluster } from '../fixture.ts';
import { localBase } from './node-image.ts';
import { askAcross, startPair } from './reach.ts';

const found = await theCluster();
const MINUTES = 60_000;

interface Node {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

describe('the cluster', () => {
  beforeEach(needsCluster(found));

  it('has a ready worker in each of the pools a and b', async () => {
    const inPools = ['get', 'nodes', '-l', 'autoresearch.dev/pool', '-o', 'json'];
    const nodes: Node[] = JSON.parse(await present(found).kubectl(inPools)).items;
    const ready = nodes.filter((node) =>
      node.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
    expect(ready.map((node) => node.metadata.labels['autoresearch.dev/pool']).sort()).toEqual(['a', 'b']);
  });

  it('is left as it is by a second bring-up', { timeout: 30 * MINUTES }, async () => {
    const before = await nodeUids();
    const { exitCode, stdout } = await runUp();
    expect({ exitCode, stdout, nodes: await nodeUids() }).toEqual({
      exitCode: 0,
      stdout: present(found).context,
      nodes: before,
    });
  });
});

describe('pods of the cluster', () => {
  const namespace = `bring-up-${process.pid}`;
  beforeAll(async () => {
    if ('missing' in found) return;
    await found.kubectl(['create', 'namespace', namespace]);
    await startPair(found, namespace, await loadedImage(found, 'trainer'));
  }, 30 * MINUTES);
  afterAll(async () => {
    if (!('missing' in found)) await found.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });
  beforeEach(needsCluster(found));

  it.each([
    ['a', 'b'],
    ['b', 'a'],
    ['a', 'a'],
  ])(
    'reach, from pool %s, a pod in pool %s by the name of its Service',
    { timeout: 10 * MINUTES },
    async (from, to) => {
      expect(await askAcross(present(found), namespace, from, to)).toBe(to);
    },
  );
});

describe('without a cluster to be had', () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'autoresearch-cache-'));
    await execa('chmod', ['777', cache]);
  });
  afterEach(() => rm(cache, { recursive: true, force: true }));

  it('says that the one named in KUBECONTEXT does not answer, with exit code 3', async () => {
    const { exitCode, stderr } = await runUp({ env: { KUBECONTEXT: 'nowhere', XDG_CACHE_HOME: cache } });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(
      /^NO CLUSTER: the cluster of context nowhere does not answer .*unset KUBECONTEXT/m,
    );
  });

  it('asks an ordinary user to start Docker, with exit code 3', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('only root can become another user');
    // Another uid that may read a checkout wherever it lies, and nothing more.
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const reading = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'];
    const env = { KUBECONTEXT: '', DOCKER_HOST: 'unix:///nowhere.sock', XDG_CACHE_HOME: cache, HOME: cache };
    const { exitCode, stderr } = await runUp({ env, through: [...nobody, ...reading] });
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/^NO CLUSTER: no Docker engine answers.*run this as root/m);
  });
});

describe('down', () => {
  const name = `foreign-${process.pid}`;
  beforeEach(needsCluster(found));
  afterEach(async () => {
    if (!('missing' in found)) await execa('docker', ['rm', '-f', name]);
  });

  it('leaves a kind cluster that it did not make', async () => {
    await execa('docker', ['create', '--name', name, '--label', `io.x-k8s.kind.cluster=${name}`, localBase]);
    const { exitCode, stderr } = await runDown({ env: { AUTORESEARCH_CLUSTER: name } });
    expect(exitCode).toBe(3);
    expect(stderr).toContain(`the kind cluster ${name} was not made by this set-up`);
    expect((await execa('docker', ['ps', '-aq', '--filter', `name=^${name}$`])).stdout).not.toBe('');
  });
});

async function nodeUids(): Promise<string> {
  return present(found).kubectl(['get', 'nodes', '-o', 'jsonpath={.items[*].metadata.uid}']);
}
