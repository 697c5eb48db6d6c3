// The command as a person starts it, on a lane with a real repository and store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { autoresearch, start } from '../cli/command.ts';
import { storedLane } from '../cli/stored.ts';
import { inChromium } from './chromium.ts';

/** A browser shows what it was told when it comes to it. */
const SOON = { timeout: 60_000 };

const opened = inChromium();

/** Serves until the test is over; the link that it printed. */
async function linkOf(...args: string[]): Promise<string> {
  const serving = start('page', '--port', '0', ...args);
  onTestFinished(async () => {
    process.kill(serving.pid!, 'SIGTERM'); // execa's own kill would not wait long
    expect((await serving).exitCode).toBe(0);
  });
  return linkIn(serving.stdout!);
}

/** The stream stays open: a command that writes to a closed one ends. */
function linkIn(stream: NodeJS.ReadableStream): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk) => {
      said += chunk;
      const link = /^.*?(http:\S+#t=\S+)\n/m.exec(said)?.[1];
      if (link) resolve(link);
    });
    stream.once('end', () => reject(new Error(`it printed no link: ${said}`)));
  });
}

test('a lane that nobody runs is served, and shows what another process decides meanwhile', async () => {
  await using lane = await storedLane();
  await lane.run(2);
  const link = await linkOf('--dir', lane.dir);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
  const { page, faults } = await opened();
  await page.goto(link);
  await page.locator('.row').nth(2).waitFor();
  await expect
    .poll(() => page.locator('.night').first().textContent(), SOON)
    .toContain('2 experiments, 2 kept: 2.5000 → 2.4800');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog', { name: 'experiment 2' });
  await drawer.locator('.added', { hasText: '# 2' }).waitFor();
  await page.keyboard.press('Escape');
  await lane.run(4);
  await page.locator('.row').nth(4).waitFor();
  await expect.poll(() => page.locator('.row').first().textContent(), SOON).toMatch(/^4keep2.460000/);
  expect(faults).toEqual([]);
});

test('a folder without a lane is refused with what to do', async () => {
  const { code, err } = await autoresearch('page', '--dir', '/nonexistent', '--port', '0');
  expect(code).toBe(3);
  expect(err).toContain('holds no lane; begin one with');
});

test('a loop on this machine serves its page, and each row is there when the loop has printed it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dev-page-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const lane = ['--dir', dir, '--clock', 'virtual', '--budget', '0.5s', '--plain', '--proposer', 'builtin'];
  const loop = start('dev', ...lane, '--page', '0');
  onTestFinished(async () => {
    process.kill(loop.pid!, 'SIGTERM');
    expect((await loop).exitCode).toBe(130);
  });
  const link = await linkIn(loop.stderr!);
  const { page, faults } = await opened();
  await page.goto(link);
  await page.getByRole('heading', { name: /being/ }).waitFor();
  await page.locator('.row').nth(2).waitFor();
  expect(await page.locator('.row').last().textContent()).toMatch(/^0keep\d\.\d{6}baseline/);
  expect(faults).toEqual([]);
});

test('what a person does to a lane of long runs is shown at once, not when the page next looks at their logs', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dev-page-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const loop = start('dev', '--dir', dir, '--budget', '400s', '--plain', '--page', '0');
  onTestFinished(async () => {
    process.kill(loop.pid!, 'SIGTERM');
    expect((await loop).exitCode).toBe(130);
  });
  const { page } = await opened();
  await page.goto(await linkIn(loop.stderr!));
  await page.getByRole('heading', { name: 'The baseline is being measured' }).waitFor();
  await page.locator('header', { hasText: 'running' }).waitFor();
  expect((await autoresearch('pause', '--dir', dir)).code).toBe(0);
  // Every forty seconds it looks in any case.
  await expect.poll(() => page.locator('header').textContent(), { timeout: 25_000 }).toContain('paused');
});
