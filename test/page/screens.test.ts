// The other screens, and what is compared, in a real Chromium.
import { expect, test } from 'vitest';
import { inChromium } from './chromium.ts';
import { STEERING_TOKEN, served, servedWith } from './served.ts';
import { WrittenLane } from './written-lane.ts';

/** A browser shows what it was told when it comes to it. */
const SOON = { timeout: 60_000 };

const opened = inChromium();

function laneOf(rows: number, name = 'main'): WrittenLane {
  const lane = new WrittenLane(name);
  for (let i = 0; i < rows; i++) lane.decide();
  return lane;
}

test('an experiment is compared with any other, word by word, and the address holds it', async () => {
  const lane = laneOf(30);
  lane.texts.log = Array.from({ length: 50 }, (_, i) => `step ${i} | loss ${5 - i / 20}`).join('\r');
  const server = await served(lane);
  const { page, faults } = await opened();
  await page.goto(`${server.link}&at=20&open=`);
  const drawer = page.getByRole('dialog', { name: 'experiment 20' });
  await drawer.locator('.curve path.own').waitFor();
  await drawer.getByRole('button', { name: 'the baseline' }).click();
  await expect.poll(() => drawer.locator('.gone mark').textContent(), SOON).toBe('0');
  await expect.poll(() => drawer.locator('.added mark').textContent(), SOON).toBe('20');
  await drawer.getByRole('textbox', { name: 'number of another experiment' }).fill('7');
  await page.keyboard.press('Enter');
  await drawer.getByText(/^#20 is .* against #7$/).waitFor();
  await expect.poll(() => drawer.locator('.gone mark').textContent(), SOON).toBe('7');
  expect(new URL(page.url()).hash).toContain('against=7');
  expect(faults).toEqual([]);
});

test('a part of the picture is shown larger, by what was chosen, and the address holds that too', async () => {
  const server = await served(laneOf(60));
  const { page, faults } = await opened();
  await page.goto(server.link);
  const picture = page.locator('.picture');
  await picture.scrollIntoViewIfNeeded();
  const box = (await picture.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 4 });
  await page.mouse.up();
  await expect.poll(() => new URL(page.url()).hash, SOON).toMatch(/part=1\d-3\d/);
  const dots = () => page.locator('.chart circle').count();
  await page.getByRole('button', { name: 'machine hours' }).click();
  await expect.poll(() => page.locator('.chart').textContent(), SOON).toContain('machine hours of all runs');
  const few = await dots();
  await page.getByRole('button', { name: 'show all' }).click();
  await expect.poll(dots, SOON).toBeGreaterThan(few);
  expect(faults).toEqual([]);
});

test('knobs lead to their experiments, machines tell their state, lanes stand side by side', async () => {
  const lane = laneOf(30);
  lane.machine = {
    holder: 'lab-0:/data',
    beganMs: 0,
    pool: 'h100',
    width: 4,
    commands: ['kubectl --namespace lab get pods'],
    finished: [],
    losses: [{ node: 'gpu-7', cause: 'preempted', count: 2 }],
  };
  const links = [{ name: 'Grafana', url: 'https://grafana.example/d/lanes' }];
  const server = await servedWith({ links }, lane, laneOf(12, 'wide'));
  const { page, faults } = await opened();
  await page.goto(server.link);
  await page.getByRole('button', { name: 'knobs', exact: true }).click();
  await page.getByRole('button', { name: 'KNOB_3' }).click();
  await page.getByText('3 shown').waitFor();
  await page.getByRole('button', { name: 'machines', exact: true }).click();
  const machine = page.getByRole('region', { name: 'lane main' });
  await expect.poll(() => machine.textContent(), SOON).toContain('sealinglandlock (30)');
  expect(await machine.textContent()).toContain('led bylab-0:/data, since ');
  expect(await machine.textContent()).toContain('lost ongpu-7: preempted 2');
  await machine.getByText('kubectl --namespace lab get pods').waitFor();
  const link = page.getByRole('link', { name: 'Grafana' });
  expect(await link.getAttribute('href')).toBe('https://grafana.example/d/lanes');
  await page.getByRole('button', { name: 'all lanes' }).click();
  await page.locator('.lanes .card', { hasText: 'wide' }).click();
  await expect.poll(() => page.locator('.night').textContent(), SOON).toContain('11 experiments');
  expect(faults).toEqual([]);
});

test('the baseline and the newest keep stay in view, whatever is filtered and scrolled', async () => {
  const server = await served(laneOf(200));
  const { page } = await opened();
  await page.goto(server.link);
  await page.getByRole('button', { name: /^crash/ }).click();
  await page.getByRole('grid').evaluate((box) => {
    box.scrollTop = 300;
  });
  const pins = page.locator('.pin');
  await expect
    .poll(() => pins.allTextContents(), SOON)
    .toEqual([expect.stringMatching(/^195newest/), expect.stringMatching(/^0baseline/)]);
  for (const pin of await pins.all()) expect(await pin.isVisible()).toBe(true);
});

test('without the second token it shows the commands, with it the lane is steered from here', async () => {
  const lane = laneOf(5);
  const reading = await served(lane);
  const { page } = await opened();
  await page.goto(reading.link);
  await page.getByText('Steer this lane').click();
  await page.getByText('./autoresearch pause --lane main').waitFor();
  await expect.poll(() => page.getByRole('button', { name: /^pause/ }).count(), SOON).toBe(0);
  const steering = await servedWith({ steering: STEERING_TOKEN }, lane);
  const { page: other, faults } = await opened();
  await other.goto(steering.link);
  await other.getByText('Steer this lane').click();
  await other.getByLabel('what the proposer should know').fill('keep DEPTH <img src=x>');
  await other.getByRole('button', { name: 'guide', exact: true }).click();
  await other.getByLabel('hours', { exact: true }).fill('3');
  await other.getByRole('button', { name: 'limit', exact: true }).click();
  const noted = other.getByRole('list', { name: 'what people did' });
  await expect.poll(() => noted.textContent(), SOON).toContain('limit --hours 3');
  expect(lane.done.map(({ what }) => what)).toContain('guide "keep DEPTH <img src=x>"');

  // What is no number would lift the cap: nothing is sent of it.
  const before = lane.done.length;
  await other.getByLabel('hours', { exact: true }).clear();
  await other.getByLabel('hours', { exact: true }).pressSequentially('1e');
  await other.getByRole('button', { name: 'limit', exact: true }).click();
  await other.getByLabel('what the proposer should know').fill('keep WIDTH');
  await other.getByRole('button', { name: 'guide', exact: true }).click();
  await expect.poll(() => lane.done.at(-1)?.what, SOON).toBe('guide "keep WIDTH"');
  expect(lane.done.length).toBe(before + 1);

  // What another person sets meanwhile is shown, also in a field that was typed in, and is not set back.
  await other.getByLabel('USD', { exact: true }).fill('20');
  lane.caps = { ...lane.caps, usd: 3 };
  await expect.poll(() => other.getByLabel('USD', { exact: true }).inputValue(), SOON).toBe('3');
  await other.getByLabel('hours', { exact: true }).clear();
  await other.getByRole('spinbutton', { name: 'experiments' }).fill('9');
  await other.getByRole('button', { name: 'limit', exact: true }).click();
  await expect.poll(() => lane.done.at(-1)?.what, SOON).toBe('limit --experiments 9');
  expect(faults).toEqual([]);
});

test('a server that is away when the page opens is asked again, without a reload', async () => {
  const server = await served(laneOf(5));
  const { page } = await opened();
  let refused = 0;
  await page.route('**/api/v1/lanes', (route) => (refused++ === 0 ? route.abort() : route.continue()));
  await page.goto(server.link);
  await page.locator('.row').first().waitFor();
  expect(refused).toBe(2);
});

test('what is new since the last visit is told of the same lane, and of none that has its name', async () => {
  const lane = laneOf(5);
  const server = await served(lane);
  const { page } = await opened();
  const night = page.locator('.night');
  const visit = async () => {
    await page.goto('about:blank');
    lane.decide();
    await page.goto(server.link);
    await expect.poll(() => night.textContent(), SOON).toContain('Since the beginning');
    return night.textContent();
  };
  expect(await visit()).not.toContain('Since you last looked');
  await expect.poll(visit, SOON).toMatch(/Since you last looked, .*: \d experiment/);
  lane.decisions = [];
  lane.decide({ commit: 'b'.repeat(40) });
  for (let i = 0; i < 99; i++) lane.decide();
  await page.goto('about:blank');
  await page.goto(server.link);
  await expect.poll(() => night.textContent(), SOON).toContain('99 experiments');
  expect(await night.textContent()).not.toContain('Since you last looked');
});

test('how long a run has waited grows while nothing comes from it', async () => {
  const lane = laneOf(5);
  const { experiment } = lane.decisions.at(-1)!;
  const began = Date.now();
  const [waits, attempt, says] = ['no node has room', 1, ''];
  const told = { experiment, description: 'wider', source: 'builtin', attempt, waits, says, sinceMs: null };
  lane.open = [{ ...told, waitsSinceMs: began }];
  const server = await served(lane);
  const { page } = await opened();
  await page.clock.install({ time: began });
  await page.goto(server.link);
  const now = page.getByRole('region', { name: 'running now' });
  await expect.poll(() => now.textContent(), SOON).toMatch(/waits for \d+ s/);
  // Not so long that the page would think its server is gone, and ask anew.
  await page.clock.fastForward(20_000);
  await expect.poll(() => now.textContent(), { timeout: 10_000 }).toMatch(/waits for [2-4]\d s/);
});
