// The page in a real Chromium.
import { expect, test } from 'vitest';
import { inChromium } from './chromium.ts';
import { served } from './served.ts';
import { longLane, WrittenLane } from './written-lane.ts';

/** A browser shows what it was told when it comes to it. */
const SOON = { timeout: 60_000 };

const opened = inChromium();

test('an empty lane shows what happens now, and its first row as soon as it is decided', async () => {
  const lane = new WrittenLane();
  lane.state = 'not running';
  const server = await served(lane);
  const { page, faults } = await opened();
  await page.goto(server.link);
  await page.getByRole('heading', { name: 'Nothing was measured here yet' }).waitFor();
  lane.state = 'running';
  await page.getByRole('heading', { name: 'The text is being prepared' }).waitFor();
  lane.open = [
    {
      experiment: '000000',
      description: 'baseline',
      source: 'builtin',
      attempt: 1,
      waits: '',
      says: 'step 7',
      sinceMs: null,
    },
  ];
  await page.getByRole('heading', { name: 'The baseline is being measured' }).waitFor();
  await page.getByText('step 7').waitFor();
  lane.open = [];
  lane.decide();
  await page.locator('.row').waitFor();
  lane.decide();
  await page.locator('.row').nth(1).waitFor();
  await expect.poll(() => page.locator('.row').count(), SOON).toBe(2);
  expect(faults).toEqual([]);
});

test('the token leaves the address, and what is shown stays when the page is loaded again', async () => {
  const server = await served(longLane(20));
  const { page, faults, asked } = await opened();
  await page.goto(server.link);
  await page.getByRole('button', { name: /^discard/ }).click();
  await page.getByRole('button', { name: 'val_bpb' }).click();
  await page.getByRole('searchbox').fill('KNOB_2');
  await expect.poll(() => new URL(page.url()).hash, SOON).toBe('#show=discard&q=KNOB_2&sort=valBpb');
  const shown = await page.locator('.row').allTextContents();
  expect(shown.length).toBeGreaterThan(0);
  await page.reload();
  await page.locator('.row').first().waitFor();
  await expect.poll(() => page.locator('.row').allTextContents(), SOON).toEqual(shown);
  expect(asked.join()).not.toContain('the-token');
  expect(faults).toEqual([]);
});

test('what is wrong with a look is shown until one goes well, though nothing is new', async () => {
  const lane = longLane(3);
  const server = await served(lane);
  const { page } = await opened();
  await page.goto(server.link);
  await page.locator('.row').first().waitFor();
  await expect.poll(() => server.watchers, SOON).toBe(1);
  const look = lane.look.bind(lane);
  lane.look = () => Promise.reject(new Error('the store is away'));
  await page.getByText('the store is away').waitFor();
  lane.look = look;
  await page.getByText('the store is away').waitFor({ state: 'detached' });
});

test('without the token it says what to do, and shows nothing', async () => {
  const server = await served(longLane(3));
  const { page } = await opened();
  await page.goto(server.link.split('#')[0]!);
  await page.getByRole('alert').getByText('Open the link that was printed last').waitFor();
  await expect.poll(() => page.locator('.row').count(), SOON).toBe(0);
});

test('of 10,000 rows at most 60 are in the document, wherever it is scrolled to', async () => {
  const server = await served(longLane(10_000));
  const { page, faults } = await opened();
  await page.goto(server.link);
  const table = page.getByRole('grid');
  await page.getByText('9,999 shown').waitFor();
  expect(await table.getAttribute('aria-rowcount')).toBe('10001');
  for (const [place, first] of [
    [0, 9999],
    [5000 * 30, 4999],
    [10_000 * 30, 0],
  ] as const) {
    await table.evaluate((box, top) => {
      box.scrollTop = top;
    }, place);
    await page
      .locator('.row')
      .filter({ hasText: new RegExp(`^${first}(?!\\d{2})`) })
      .first()
      .waitFor();
    await expect.poll(() => page.locator('.row').count(), SOON).toBeLessThanOrEqual(60);
  }
  await expect.poll(() => page.locator('.chart svg *').count(), SOON).toBeLessThan(2000);
  await page.getByRole('searchbox').fill('9876');
  await page.getByText('1 shown').waitFor();
  await expect.poll(() => page.locator('.row').textContent(), SOON).toMatch(/^9876/);
  expect(faults).toEqual([]);
});

test('everything can be done with the keyboard alone', async () => {
  const lane = longLane(30);
  lane.texts = {
    hypothesis: 'a wider layer holds more',
    diff: '-WIDTH = 1\n+WIDTH = 2\n',
    log: 'step 1\rstep 2\n',
  };
  const server = await served(lane);
  const { page, faults } = await opened();
  await page.goto(server.link);
  await page.locator('.row').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expect.poll(() => page.locator('.row[aria-selected=true]').textContent(), SOON).toMatch(/^29/);
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog', { name: 'experiment 29' });
  await drawer.getByText('a wider layer holds more').waitFor();
  await expect.poll(() => drawer.locator('.added').textContent(), SOON).toBe('+WIDTH = 2');
  await drawer.getByText('step 2', { exact: true }).waitFor();
  await page.keyboard.press('j');
  await page.getByRole('dialog', { name: 'experiment 28' }).waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('KNOB_3');
  await page.getByText('3 shown').waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await expect.poll(() => page.locator('.row[aria-selected=true]').textContent(), SOON).toContain('KNOB_3');
  expect(faults).toEqual([]);
});

test('a click into the picture shows the experiment that was meant', async () => {
  const server = await served(longLane(20));
  const { page, faults } = await opened();
  await page.goto(server.link);
  const keep = page.locator('.chart circle[r="5.5"]').nth(1);
  await keep.hover({ force: true });
  const tip = await page.locator('.tip').textContent();
  expect(tip).toMatch(/^#10 keep/);
  const box = (await keep.boundingBox())!;
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.getByRole('dialog', { name: 'experiment 10' }).waitFor();
  expect(faults).toEqual([]);
});

test('at the width of a phone nothing but the picture scrolls sideways', async () => {
  const lane = longLane(30);
  lane.decide({ description: 'W'.repeat(400), sentence: 'w'.repeat(300), status: 'keep' });
  const server = await served(lane);
  const { page, faults } = await opened({ viewport: { width: 390, height: 844 }, isMobile: true });
  await page.goto(server.link);
  await page.locator('.row').first().click();
  await page.getByRole('dialog').waitFor();
  const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(wide)).toBe(0);
  expect(await page.evaluate("document.querySelector('.drawer').scrollWidth <= innerWidth")).toBe(true);
  expect(faults).toEqual([]);
});

test('words of others are shown as words, whatever they hold', async () => {
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=//evil.example/x onerror=alert(2)>',
    '</script><script>alert(3)</script>',
    '"><svg onload=alert(4)>',
    'javascript:alert(5)',
    '\u202e\u2066txt.exe\u2069',
    '\x1b]0;title\x07\x1b[2J\x1b[31mred',
  ];
  const lane = longLane(5);
  for (const description of hostile)
    lane.decide({ description, sentence: description, error: description.slice(0, 80), status: 'discard' });
  lane.decide({ description: hostile[1]!, status: 'keep', valBpb: 2.1, gpu: hostile[0]! });
  lane.texts = {
    hypothesis: hostile[3]!,
    diff: hostile.map((line) => `+${line}`).join('\n'),
    log: hostile.join('\n'),
  };
  const says = hostile[1]!;
  lane.open = [
    {
      experiment: '000099',
      description: hostile[0]!,
      source: 'builtin',
      attempt: 1,
      waits: '',
      says,
      sinceMs: null,
    },
  ];
  const server = await served(lane);
  const { page, faults } = await opened();
  await page.goto(server.link);
  await page.locator('.row').first().waitFor();
  const drawer = page.getByRole('dialog');
  for (let n = 5; n <= 12; n++) {
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await drawer.locator('.log').waitFor();
    await page.locator('.chart circle').first().hover({ force: true });
    await page.keyboard.press('Escape');
  }
  await expect.poll(() => page.locator('img, .row script, .row svg, .drawer script').count(), SOON).toBe(0);
  await expect.poll(() => page.locator('.now').textContent(), SOON).toContain('<img src=//evil.example/x');
  const text = (await page.locator('.row').allTextContents()).join('');
  expect(text).toContain('⟨202e⟩⟨2066⟩txt.exe⟨2069⟩');
  expect(text).toContain('⟨001b⟩]0;title');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those must not be there
  expect(text).not.toMatch(/[\u0000-\u0008\u001b\u202e\u2066]/);
  expect(faults).toEqual([]);
});
