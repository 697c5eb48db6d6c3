// The picture for those who were not there: what it is, one way of counting, a word for every mark, light and dark.
import { describe, expect, test } from 'vitest';
import { inDark } from '../../../controller/report/picture/dark.ts';
import { CARD, COLOURS, type Dot, WIDE } from '../../../controller/report/picture/frame.ts';
import { factsOf } from '../../../controller/report/picture/heading.ts';
import { cardSvg, type Picture, progressSvg } from '../../../controller/report/picture/progress.ts';
import { rasterise } from '../../../controller/report/raster.ts';

const dot = (status: Dot['status'], valBpb: number | null, description = 'WIDTH 64 -> 96'): Dot => ({
  experiment: '000001',
  status,
  valBpb,
  description,
  reason: '',
  error: status === 'crash' ? 'oom' : '',
});

/** A baseline and `tried` experiments of every kind. */
function picture(tried: number, also: Partial<Picture> = {}): Picture {
  let best = 3;
  const decisions = Array.from({ length: tried + 1 }, (_, i): Dot => {
    if (i === 0) return dot('keep', best, 'baseline');
    if (i % 5 === 1) {
      best -= 0.1 / i;
      return dot('keep', best, `gain ${i}`);
    }
    if (i % 5 === 2) return dot('crash', null);
    return dot('discard', i % 5 === 3 ? best + 0.01 : best + 5);
  });
  return { title: 'main', decisions, ...also };
}
const kinds = { wide: progressSvg, card: cardSvg } as const;
const words = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

describe.each(Object.entries(kinds))('the %s picture', (kind, draw) => {
  test.each([
    [0, '0 experiments, 0 kept improvements'],
    [1, '1 experiment, 1 kept improvement'],
    [50, '50 experiments, 10 kept improvements'],
    [10_000, '10,000 experiments, 2,000 kept improvements'],
  ])('of %i experiments counts them as all commands do: the baseline is none', (tried, said) => {
    expect(words(draw(picture(tried)))).toContain(`autoresearch: ${said}`);
  });

  test('of nothing counts nothing', () => {
    expect(words(draw({ title: 'main', decisions: [] }))).toContain(
      'autoresearch: 0 experiments, 0 kept improvements',
    );
  });

  const all = { sigma: 0.01, floorBpb: 2.9, running: [{ experiment: '000051', description: 'next' }] };
  test('has a word for every mark, and counts each experiment once', () => {
    const said = words(draw(picture(50, all)));
    for (const word of [
      'baseline',
      'kept (10)',
      'discarded (10)',
      'far above (20)',
      'crashed (10)',
      'best so far',
    ])
      expect(said).toContain(word);
    for (const word of ['running (1)', '± 2 σ of a measurement', 'entropy floor'])
      expect(said).toContain(word);
  });

  test('explains no mark that is not there', () => {
    const said = words(draw({ title: 'main', decisions: [dot('keep', 3), dot('discard', 3.001)] })).join(
      '\n',
    );
    expect(said).not.toMatch(/far above|running|σ|floor/);
  });

  test('keeps its legend inside, whatever it holds', () => {
    const svg = draw(
      picture(10_000, {
        ...all,
        running: Array.from({ length: 1000 }, () => ({ experiment: '000001', description: 'x' })),
      }),
    );
    const { width, plot } = kind === 'card' ? CARD : WIDE;
    const entries = [
      ...svg.matchAll(/<g transform="translate\(([\d.]+),([\d.]+)\)">.*?>([^<]*)<\/text><\/g>/g),
    ];
    expect(entries).toHaveLength(9);
    for (const [, x, y, text] of entries) {
      expect(Number(x) + 14 + text!.length * 7, text).toBeLessThan(width);
      expect(Number(y), text).toBeLessThan(plot.top - 10);
      expect(Number(y), text).toBeGreaterThan(82);
    }
  });

  test('of a lane with a long name shortens that, and tells all of what each did', () => {
    const facts = '5 s of training each, H100 80GB HBM3, 30 Nov 2026';
    const about = words(draw(picture(50, { title: 'a-lane-with-a-rather-long-name', facts })));
    expect(about.find((text) => text.startsWith('lane a-lane'))).toMatch(/…, 5 s of .* 30 Nov 2026$/);
  });

  test('counts along its edge as in its title', () => {
    const said = words(draw(picture(1000)));
    expect(said).toContain('autoresearch: 1,000 experiments, 200 kept improvements');
    expect(said).toContain('1,000');
  });

  test('cuts no label so far that it does not tell what was tried', () => {
    const crowded = Array.from({ length: 300 }, (_, i) =>
      dot('keep', 3 - 0.3 * (1 - 0.9 ** i), `BATCH ${i} -> ${i + 1000}`),
    );
    const labels = words(draw({ title: 'main', decisions: crowded })).filter((text) => /BATCH/.test(text));
    expect(labels.length).toBeGreaterThan(5);
    expect(labels.filter((text) => text.endsWith('…'))).toEqual([]);
  });

  test('says what a replay found; where there was none, that too', () => {
    expect(words(draw(picture(6, { again: 'measured again on 5 fresh seeds: −0.227 ± 0.049' })))).toContain(
      'measured again on 5 fresh seeds: −0.227 ± 0.049',
    );
    expect(words(draw(picture(6)))).toContain('not measured again yet');
  });
});

test('a card has the shape of a post, with larger words, and shows no floor that lies elsewhere', () => {
  const svg = cardSvg(picture(50, { floorBpb: 1 }));
  expect(svg).toMatch(/^<svg [^>]*width="1200" height="675" viewBox="0 0 960 540"/);
  expect(svg).not.toContain('floor');
});

test.each([
  ['seconds', { trainingSeconds: 5.02, gpu: '' }, '5 s of training each, CPU, 28 Nov 2026'],
  ['half a second', { trainingSeconds: 0.5, gpu: '' }, '0.5 s of training each, CPU, 28 Nov 2026'],
  [
    'minutes',
    { trainingSeconds: 300.4, gpu: 'NVIDIA H100 80GB HBM3' },
    '5 min of training each, H100 80GB HBM3, 28 Nov 2026',
  ],
])('what each did is told in %s', (_, baseline, said) => {
  const timestampMs = Date.UTC(2026, 10, 28, 23);
  expect(
    factsOf([
      { ...baseline, timestampMs: 0 },
      { trainingSeconds: 1, gpu: '', timestampMs },
    ]),
  ).toBe(said);
  expect(factsOf([])).toBe('');
});

test('in dark no colour of the light is left, and no word changes', () => {
  const evil = `a "#1f2933" b ="#ffffff"`;
  const light = progressSvg(
    picture(50, {
      title: evil,
      sigma: 0.01,
      floorBpb: 2.9,
      running: [{ experiment: '000001', description: evil }],
    }),
  );
  const dark = inDark(light);
  expect(words(dark)).toEqual(words(light));
  const kept: readonly string[] = [COLOURS.keep];
  for (const [name, colour] of Object.entries(COLOURS))
    if (!kept.includes(colour)) expect(dark, name).not.toContain(`="${colour}"`);
});

describe('as PNG', () => {
  const size = (png: Uint8Array) => {
    const view = new DataView(png.buffer, png.byteOffset);
    return [view.getUint32(16), view.getUint32(20)];
  };

  test('a card has the size that posts want', async () => {
    expect(size(await rasterise(cardSvg(picture(50)), 1200))).toEqual([1200, 675]);
  });

  test('words are drawn, with no font of the machine', async () => {
    const svg = (text: string) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60" font-family="system-ui, sans-serif"><text x="9" y="40" font-size="30">${text}</text></svg>`;
    const blank = await rasterise(svg(''), 400);
    const drawn = await Promise.all(
      ['σ', '±', '−', '→', '↓', 'ü', 'A'].map((text) => rasterise(svg(text), 400)),
    );
    const distinct = new Set([blank, ...drawn].map((png) => Buffer.from(png).toString('base64')));
    expect(distinct.size).toBe(8); // a letter without a glyph is the same empty box as any other
  });
});
