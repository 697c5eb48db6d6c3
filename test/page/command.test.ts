// The command as a person starts it, on a lane with a real repository and store.
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
    serving.kill('SIGTERM');
    expect((await serving).exitCode).toBe(0);
  });
  let said = '';
  for await (const chunk of serving.stdout!) {
    said += chunk;
    if (said.endsWith('\n')) return said.trim();
  }
  throw new Error(`it ended: ${(await serving).stderr}`);
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
