// A page that stays open while the controller that serves it is killed and started again.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { sha256Hex } from '../../controller/intent.ts';
import { main } from '../cli/command.ts';
import { Cluster } from '../double/cluster.ts';
import { run } from '../double/script.ts';
import { passing, VirtualTime } from '../double/time.ts';
import { inChromium } from './chromium.ts';
import { freePort } from './free-port.ts';

const TOKEN = 'r'.repeat(32);
const SOON = { timeout: 200_000 };
const KILLS = 3;

const opened = inChromium();

/** A cluster whose time passes as ours does, and a controller that can be started on it again and again. */
async function lab() {
  const cluster = await Cluster.start(
    (given) => {
      const val_bpb = Number(
        (1.2 + Number.parseInt(sha256Hex(given.trainPy).slice(0, 6), 16) / 2 ** 24).toFixed(6),
      );
      return run(given, 1, 'trained\n', { val_bpb });
    },
    {},
    new VirtualTime(Date.now()),
  );
  cluster.nodes.join('n1', {});
  const stopTime = passing(cluster.time);
  const dir = await mkdtemp(join(tmpdir(), 'page-killed-'));
  onTestFinished(async () => {
    await stopTime();
    await cluster.close();
    await rm(dir, { recursive: true, force: true });
  });
  const [config, KUBECONFIG] = [join(dir, 'config.yaml'), join(dir, 'kubeconfig')];
  const lanes = [{ name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 100 } }];
  const pools = [{ name: 'cpu', image: 'trainer:1', gpu: { count: 0 } }];
  const port = await freePort();
  await writeFile(config, stringify({ lanes, pools, data: join(dir, 'data'), page: { port } }));
  await writeFile(KUBECONFIG, cluster.kubeConfig().exportConfig());
  const args = ['up', '--config', config, '--context', 'double', '--namespace', cluster.namespace];
  const env = { KUBECONFIG, AUTORESEARCH_PAGE_TOKEN: TOKEN };
  const start = () => {
    const child = execa(process.execPath, [main, ...args], { reject: false, env });
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await child;
    });
    return child;
  };
  return { start, link: `http://127.0.0.1:${port}/#t=${TOKEN}` };
}

/** Opens the link as soon as somebody listens there. */
function open(page: Page, link: string): Promise<void> {
  const there = () =>
    page.goto(link).then(
      () => true,
      () => false,
    );
  return expect.poll(there, SOON).toBe(true);
}

/** Numbers of the rows that are shown, the newest first. */
async function shown(page: Page): Promise<number[]> {
  const rows = await page.locator('.row').allTextContents();
  return rows.map((row) => Number(/^\d+/.exec(row)![0]));
}

test('kill -9 of the controller, and its page goes on with each row once', async () => {
  const { start, link } = await lab();
  let child = start();
  const { page, faults } = await opened();
  await open(page, link);
  await page.locator('body').evaluate((body) => body.setAttribute('data-same', 'page'));
  let least = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await expect.poll(async () => (await shown(page)).length, SOON).toBeGreaterThan(least + 1);
    child.kill('SIGKILL');
    await child;
    await page.getByText('not connected').waitFor();
    least = (await shown(page)).length;
    child = start();
    await page.getByText('not connected').waitFor({ state: 'hidden' });
  }
  await expect.poll(async () => (await shown(page)).length, SOON).toBeGreaterThan(least + 1);
  await page.getByRole('button', { name: 'machines', exact: true }).click();
  const machine = page.getByRole('region', { name: 'lane main' });
  await machine.getByText('get pods --selector autoresearch.dev/lane=main').waitFor();
  await expect.poll(() => machine.textContent(), SOON).toMatch(/led by.*poolcpu: \d of 1 running/);
  await page.getByRole('button', { name: 'lane', exact: true }).click();
  await page.locator('.row').first().waitFor();
  child.kill('SIGKILL');
  await child;
  const seen = await shown(page);
  expect(seen).toEqual(seen.map((_, i) => seen.length - 1 - i));
  expect(await page.locator('[data-same]').count()).toBe(1); // it was never loaded anew

  const again = await (await fetchRows(start, link)).sort((a, b) => b - a);
  expect(again.slice(-seen.length)).toEqual(seen);
  expect(faults.filter((fault) => !fault.includes('net::ERR_'))).toEqual([]);
});

/** What a controller that was started anew tells to whoever comes then. */
async function fetchRows(start: () => unknown, link: string): Promise<number[]> {
  start();
  const { page } = await opened();
  await open(page, link);
  await page.locator('.row').first().waitFor();
  return shown(page);
}
