// What a machine can tell of who can use the page: axe finds nothing serious, light or dark, wide or narrow.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { inChromium } from './chromium.ts';
import { STEERING_TOKEN, servedWith } from './served.ts';
import { WrittenLane } from './written-lane.ts';

const opened = inChromium();

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** Each with what is there once it is whole. */
const screens = [
  ['the lane', '', '.row'],
  ['an experiment', '&at=20&open=&against=baseline', '.drawer .log'],
  ['the knobs', '&view=knobs', '.plain tbody tr'],
  ['the machines', '&view=machines', '.machine'],
  ['all lanes', '&view=lanes', '.lanes .card'],
] as const;

/** Not as an element: the page lets no other script in. */
const axe = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test.each(
  screens.flatMap(([name, hash, whole]) =>
    (['light', 'dark'] as const).map((colorScheme) => [name, colorScheme, hash, whole] as const),
  ),
)('axe has nothing serious to say of %s in %s', async (_, colorScheme, hash, whole) => {
  const lanes = ['main', 'wide'].map((name) => {
    const lane = new WrittenLane(name);
    for (let i = 0; i < 40; i++) lane.decide();
    lane.texts.diff = '-WIDTH = 1\n+WIDTH = 2\n';
    lane.texts.log = Array.from({ length: 50 }, (_, i) => `step ${i} | loss ${5 - i / 20}`).join('\r');
    lane.open = [
      { experiment: '000041', description: 'A', source: 'b', attempt: 1, waits: '', says: 's', sinceMs: 1 },
      {
        experiment: '000042',
        description: 'B',
        source: 'b',
        attempt: 2,
        waits: 'quota',
        says: '',
        sinceMs: null,
      },
    ];
    return lane;
  });
  const server = await servedWith({ steering: STEERING_TOKEN }, ...lanes);
  for (const viewport of [
    { width: 1280, height: 900 },
    { width: 390, height: 844 },
  ]) {
    const { page } = await opened({ colorScheme, viewport });
    await page.goto(server.link + hash);
    await page.locator(whole).first().waitFor();
    if (hash === '') await page.getByText('Steer this lane').click();
    await page.evaluate(await axe);
    const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
      violations: Finding[];
    };
    const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(bad.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`)).toEqual([]);
  }
});
