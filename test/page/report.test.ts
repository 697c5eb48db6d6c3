// report.html: one file, opened from a disk, with the network refused.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { reportHtml } from '../../controller/page/report.ts';
import { autoresearch } from '../cli/command.ts';
import { storedLane } from '../cli/stored.ts';
import { inChromium } from './chromium.ts';
import { WrittenLane } from './written-lane.ts';

/** A browser shows what it was told when it comes to it. */
const SOON = { timeout: 60_000 };

const opened = inChromium();

/** The page as a file, with every request refused but that for the file. */
async function shown(html: string) {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'report.html'), html);
  const watched = await opened({ offline: true });
  await watched.page.goto(pathToFileURL(join(folder, 'report.html')).href);
  return watched;
}

test('an export opens from a disk and shows the rows, the picture and the edits', async () => {
  await using lane = await storedLane();
  await lane.run(3);
  const out = join(lane.dir, 'out');
  const { code, err } = await autoresearch('export', out, '--dir', lane.dir);
  expect(code, err).toBe(0);
  expect(err).toContain('results.tsv, progress.svg, report.html');
  const { page, faults, asked } = await shown(await readFile(join(out, 'report.html'), 'utf8'));
  await page.locator('.row').nth(3).waitFor();
  await expect
    .poll(() => page.locator('.night').textContent(), SOON)
    .toContain('3 experiments, 3 kept: 2.5000 → 2.4700');
  await expect.poll(() => page.locator('.chart svg circle').count(), SOON).toBeGreaterThan(3);
  await page.locator('.row').first().click();
  await page.getByRole('dialog').locator('.added', { hasText: '# 3' }).waitFor();
  await page.reload();
  await page.getByRole('dialog', { name: 'experiment 3' }).waitFor();
  expect(asked).toHaveLength(2);
  expect(faults).toEqual([]);
});

test('it tells whether the gain is real, in sigmas, and counts as every command does', async () => {
  const lane = new WrittenLane();
  for (let n = 0; n <= 10; n++) lane.decide();
  const { experiment, commit, valBpb } = lane.decisions.findLast(({ status }) => status === 'keep')!;
  const gain = lane.decisions[0]!.valBpb! - valBpb!;
  const found = { claimed: gain, gain: 0.0019, low: 0.0011, high: 0.0027, seeds: 5, unseen: false };
  lane.noise = { noise: { sigma: 0.001, from: 8 }, reproduction: { experiment, commit, ...found } };
  const { page } = await shown(await reportHtml(lane, await lane.look(), { writtenMs: 0, redact: false }));
  const cards = page.locator('.cards');
  await cards.waitFor();
  await expect
    .poll(() => cards.textContent(), SOON)
    .toContain('is it real?yesmeasured again on 5 fresh seeds: −0.00190 ± 0.00080');
  expect(await cards.textContent()).toContain('the gain is 2 σ of one measurement');
  expect(await page.locator('.chart svg').first().textContent()).toContain(
    'autoresearch: 10 experiments, 2 kept improvements',
  );
  expect(await cards.textContent()).toContain('2 kept, 7 discarded, 1 crashed');
  for (const button of ['all 10', 'keep 2', 'discard 7', 'crash 1'])
    await page.getByRole('button', { name: button, exact: true }).waitFor();
  await page.getByRole('status').filter({ hasText: '10 shown' }).waitFor();
  await page
    .locator('.row')
    .filter({ hasText: `#${Number(experiment)}` })
    .or(page.locator('.row').first())
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
  expect(await page.getByRole('dialog').locator('h2').textContent()).toMatch(
    /[−+]\d\.\d{6} \([−+]\d+\.\d σ\)/,
  );
});

test('words of others end no script of the file and begin none', async () => {
  const lane = new WrittenLane();
  lane.decide();
  const hostile = '</script><script>alert(1)</script><!--<script><img src=//evil.example/x onerror=alert(2)>';
  lane.decide({ description: hostile, sentence: hostile, status: 'keep', valBpb: 2.2 });
  lane.texts = { hypothesis: hostile, diff: `+${hostile}`, log: '' };
  const html = await reportHtml(lane, await lane.look(), { writtenMs: 0, redact: false });
  const { page, faults } = await shown(html);
  await page.locator('.row').first().click();
  await page.getByRole('dialog').locator('.added').waitFor();
  await expect.poll(() => page.locator('.row').first().textContent(), SOON).toContain(hostile);
  await expect.poll(() => page.locator('script').count(), SOON).toBe(2);
  expect(faults).toEqual([]);
});

test('a script that somebody adds to the file does not run', async () => {
  const lane = new WrittenLane();
  lane.decide();
  const html = await reportHtml(lane, await lane.look(), { writtenMs: 0, redact: false });
  const { page, faults } = await shown(`${html}<script>document.title = 'run'</script>`);
  await page.locator('.row').waitFor();
  expect(await page.title()).toBe('autoresearch');
  expect(faults.join()).toContain('Content Security Policy');
});

test('where scripts are forbidden it shows the picture and the keeps', async () => {
  const lane = new WrittenLane();
  for (let i = 0; i < 12; i++) lane.decide();
  const html = await reportHtml(lane, await lane.look(), { writtenMs: 0, redact: false });
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'report.html'), html);
  const { page } = await opened({ javaScriptEnabled: false });
  await page.goto(pathToFileURL(join(folder, 'report.html')).href);
  await expect.poll(() => page.locator('table tr').count(), SOON).toBe(4);
  await expect.poll(() => page.locator('svg circle').count(), SOON).toBeGreaterThan(3);
});

const NOTHING = {
  ...{ trainer: null, budgetSeconds: null, clock: null, seed: null, confirm: null, requireSealed: null },
  ...{ evidence: null, firstFile: '' },
};

test('a redacted report names no person, machine, path or price', async () => {
  const lane = new WrittenLane();
  const secret = '/home/secret/lab on node-secret-7';
  lane.decide({ gpu: 'secret H100' });
  lane.decide({ status: 'crash', sentence: secret, error: `oom: ${secret}` });
  const other = 'measured under other conditions: gpu was a secret H100';
  lane.decide({ status: 'discard', reason: 'conditions', sentence: other });
  lane.texts = { hypothesis: 'a reason', diff: '+a = 1', log: secret };
  const look = await lane.look();
  const caps = { experiments: null, hours: null, usd: 987.5 };
  const begun = { ...NOTHING, text: secret };
  const summary = {
    ...look.summary,
    state: secret,
    why: secret,
    guidance: secret,
    usd: 123.25,
    caps,
    capsInForce: caps,
    begun,
  };
  const write = (redact: boolean) => reportHtml(lane, { ...look, summary }, { writtenMs: 0, redact });
  expect(await write(false)).toContain('secret');
  const html = await write(true);
  expect(html).not.toMatch(/secret|123\.25|987\.5/);
  expect(html).toContain('"oom"');
  expect(html).toContain('a reason');
});
