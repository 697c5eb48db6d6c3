// The page that a cluster's controller serves itself: for whoever has the token of its Secret, and nobody else.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { main } from '../cli/command.ts';
import { Cluster } from '../double/cluster.ts';
import { freePort } from './free-port.ts';

const TOKEN = 'r'.repeat(32);
const SOON = { timeout: 120_000 };

async function controller(env: Readonly<Record<string, string>>) {
  const cluster = await Cluster.start(() => {
    throw new Error('nothing may run here');
  }, {});
  const dir = await mkdtemp(join(tmpdir(), 'page-up-'));
  onTestFinished(async () => {
    await cluster.close();
    await rm(dir, { recursive: true, force: true });
  });
  const [config, KUBECONFIG] = [join(dir, 'config.yaml'), join(dir, 'kubeconfig')];
  const lanes = [{ name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 1 } }];
  const pools = [{ name: 'cpu', image: 'trainer:1', gpu: { count: 0 } }];
  const port = await freePort();
  const page = { port, names: ['lab-page.lab.svc:8081'] };
  await writeFile(config, stringify({ lanes, pools, data: join(dir, 'data'), page }));
  await writeFile(KUBECONFIG, cluster.kubeConfig().exportConfig());
  const args = ['up', '--config', config, '--context', 'double', '--namespace', cluster.namespace];
  const child = execa(process.execPath, [main, ...args], { reject: false, env: { KUBECONFIG, ...env } });
  return { child, port };
}

async function statusOf(port: number, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' };
  return fetch(`http://127.0.0.1:${port}/api/v1/lanes`, { headers }).then(
    ({ status }) => status,
    () => 0,
  );
}

test('it is served on its own port for whoever has the token', async () => {
  const { child, port } = await controller({ AUTORESEARCH_PAGE_TOKEN: TOKEN });
  await expect.poll(() => statusOf(port, TOKEN), SOON).toBe(200);
  expect(await statusOf(port, 'w'.repeat(32))).toBe(401);
  child.kill('SIGTERM');
  const { exitCode, stdout } = await child;
  expect(exitCode, stdout).toBe(0);
});

test.each<[string, Record<string, string>]>([
  ['without a token', {}],
  ['with a token that can be guessed', { AUTORESEARCH_PAGE_TOKEN: 'secret' }],
  ['with one token for both', { AUTORESEARCH_PAGE_TOKEN: TOKEN, AUTORESEARCH_PAGE_STEERING_TOKEN: TOKEN }],
])('%s it is refused, and no lane begins', async (_, env) => {
  const { child } = await controller(env);
  const { exitCode, stderr } = await child;
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('set AUTORESEARCH_PAGE_TOKEN')]);
});
