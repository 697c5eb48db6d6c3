// The chart with rows in S3 and the frontier on a remote, both on this machine: the controller has no disk to lose.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { git } from '../../adapters/git/repositories.ts';
import { autoresearch } from '../../cli/command.ts';
import { type GitServer, serveHttp } from '../../git/http.ts';
import { credentials, type Gateway, openGateway } from '../../s3/gateway.ts';
import { clusterContext, hostAddress } from '../bring-up/kind.ts';
import { type Cluster, loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { Jobs, Release, type Row, until } from './release.ts';
import { cpuPool, imageOf } from './small-values.ts';

const EXPERIMENTS = 20;
const MINUTES = 60_000;
const account = { username: 'controller', password: 'canary-of-git' };

const found = await theCluster(['helm', 'versitygw']);
const namespace = `far-${process.pid}`;
let gateway: Gateway | undefined;
let server: GitServer | undefined;
let home: string;
let far: string[];
let values: object;
let jobs: Jobs | undefined;

beforeAll(async () => {
  if ('missing' in found || found.context !== clusterContext) return;
  const address = await hostAddress();
  await routeToPods(found);
  gateway = await openGateway(undefined, address);
  home = await mkdtemp(join(tmpdir(), 'far-cluster-'));
  git(join(home, 'lab.git'), 'init', '-q', '--bare', join(home, 'lab.git'));
  server = await serveHttp(home, account, address);
  for (const [name, value] of Object.entries(account)) await writeFile(join(home, name), `${value}\n`);
  const [store, frontier] = [`s3://${gateway.bucket()}/lab`, server.url('lab.git')];
  far = ['--store', store, '--endpoint', gateway.endpoint, '--frontier', frontier];
  far.push('--frontier-credentials', home, '--dir', join(home, 'empty'));

  const [controller, trainer] = [await loadedImage(found, 'controller'), await loadedImage(found, 'trainer')];
  await found.kubectl(['create', 'namespace', namespace]);
  const secret = async (name: string, of: Record<string, string>) =>
    found.kubectl([
      ...['-n', namespace, 'create', 'secret', 'generic', name],
      ...Object.entries(of).map(([key, value]) => `--from-literal=${key}=${value}`),
    ]);
  await secret('s3', credentials);
  await secret('git', account);
  values = {
    lanes: [
      {
        name: 'a',
        pool: 'a',
        trainer: 'cpu',
        budgetSeconds: 1,
        wallSeconds: 120,
        limits: { maxGpuHours: 2, experiments: EXPERIMENTS },
      },
    ],
    pools: [cpuPool(trainer)],
    runs: { namespace: '', createNamespace: false, ttlSeconds: 5 },
    image: imageOf(controller),
    persistence: { enabled: false },
    store: { url: store, endpoint: gateway.endpoint, existingSecret: 's3' },
    frontier: { url: frontier, existingSecret: 'git' },
  };
}, 10 * MINUTES);

afterAll(async () => {
  await jobs?.end();
  if ('missing' in found || !gateway) return;
  await found.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  await Promise.all([gateway.close(), server?.close()]);
  await rm(home, { recursive: true, force: true });
}, 5 * MINUTES);

describe('the chart with S3 and a git remote', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('goes on where it was when the controller and its disk are gone half-way', async ({ skip }) => {
    if (!gateway)
      skip('the servers of this test are on this machine, which only a kind cluster of ours can reach');
    const release = new Release(present(found), namespace);
    await release.install(values);
    jobs = new Jobs(present(found), namespace);
    await rowsFrom(EXPERIMENTS >> 1);
    const before = await until('controller', 3, () => release.pod());
    // Its only volumes are emptyDirs: what it had on disk goes with it.
    await release.kubectl('delete', 'pod', before, '--grace-period=0', '--force');
    const rows = await rowsFrom(EXPERIMENTS);
    expect(await release.pod()).not.toBe(before);
    expect(rows.map(({ experiment }) => Number(experiment))).toEqual(
      Array.from({ length: EXPERIMENTS + 1 }, (_, i) => i),
    );
    expect(await release.repeated('a')).toEqual([]);
    const made = await jobs.end();
    expect([made.size, [...made].filter(([, times]) => times !== 1)]).toEqual([EXPERIMENTS + 1, []]);
    const keeps = rows.filter(({ status }) => status === 'keep').map(({ commit }) => commit);
    const branch = git(
      join(home, 'lab.git'),
      'log',
      '--reverse',
      '--format=%h',
      '--abbrev=7',
      'autoresearch/a',
    );
    expect(branch.trim().split('\n')).toEqual(keeps);
    const rebuilt = await autoresearch('rebuild', ...far);
    expect(rebuilt.err).toContain('as it was, to the byte');
  });
});

/** The way back: Pods call this machine by their own addresses, which it would not know where to send to. */
async function routeToPods(cluster: Cluster): Promise<void> {
  const path =
    '{range .items[*]}{.spec.podCIDR} {.status.addresses[?(@.type=="InternalIP")].address}{"\\n"}{end}';
  const nodes = (await cluster.kubectl(['get', 'nodes', '-o', `jsonpath=${path}`])).trim().split('\n');
  for (const [pods, node] of nodes.map((line) => line.split(' ')))
    await execa('ip', ['route', 'replace', pods!, 'via', node!]);
}

/** The rows, read by nothing but the two URLs, once there are as many beyond the baseline. */
async function rowsFrom(experiments: number): Promise<Row[]> {
  return until(`row ${experiments}`, 12, async () => {
    const { code, out } = await autoresearch('list', '-o', 'tsv', ...far);
    if (code !== 0) return null; // nothing is kept yet
    const rows = parse(out, { columns: true, delimiter: '\t' }) as Row[];
    return rows.length > experiments ? rows : null;
  });
}
