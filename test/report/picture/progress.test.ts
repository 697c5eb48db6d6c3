import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Dot } from '../../../controller/report/picture/frame.ts';
import { placeLabels } from '../../../controller/report/picture/labels.ts';
import { progressSvg } from '../../../controller/report/picture/progress.ts';

const dot = (status: Dot['status'], valBpb: number | null, description = 'WIDTH 64 -> 96: wider'): Dot => ({
  experiment: '000001',
  status,
  valBpb,
  description,
  reason: 'worse',
  error: status === 'crash' ? 'oom' : '',
});
const few = [
  dot('keep', 3, 'baseline'),
  dot('discard', 3.05),
  dot('crash', null),
  dot('keep', 2.5, 'LEARNING_RATE 0.001 -> 0.01: not moved before'),
  dot('discard', 9),
  dot('keep', 2.4, 'DEPTH 1 -> 2'),
  // Numbers stand as they were given: of a wide lane an earlier one may be decided later.
].map((one, i) => ({ ...one, experiment: String([0, 1, 3, 2, 4, 5][i]).padStart(6, '0') }));
const count = (svg: string, pattern: RegExp) => svg.match(pattern)?.length ?? 0;
const nodes = (svg: string) => count(svg, /<[a-zA-Z]/g);

/** Fails where the text is not one well-formed element without entities of its own. */
function checkXml(text: string): void {
  const open: string[] = [];
  const rest = text.replace(
    /<(\/?)([a-zA-Z]+)((?: [a-zA-Z-]+="[^"<&]*(?:&(?:amp|lt|gt|quot|#39);[^"<&]*)*")*)(\/?)>/g,
    (_, closing, name, __, empty) => {
      if (closing && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
      if (!closing && !empty) open.push(name);
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#39);)/);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\ufffe\uffff]/u);
  expect(text.isWellFormed()).toBe(true);
}

describe('a picture of a few experiments', () => {
  const svg = progressSvg({
    title: 'main',
    decisions: few,
    floorBpb: 1.2,
    sigma: 0.01,
    running: [{ experiment: '000041', description: 'the next' }],
  });
  test('is well-formed', () => checkXml(svg));
  test('has a labelled dot for every keep, without the reason behind the colon', () => {
    expect(count(svg, /#[0-9]+ keep /g)).toBe(3);
    for (const text of ['>baseline<', '>LEARNING_RATE 0.001 → 0.01<', '>DEPTH 1 → 2<'])
      expect(svg).toContain(text);
  });
  test('has a dot for every discard; one that is far worse is a tick at the upper edge', () => {
    expect(count(svg, /<circle[^>]*><title>#\d+ discard /g)).toBe(1);
    expect(count(svg, /<path[^>]*><title>#\d+ discard /g)).toBe(1);
  });
  test('marks crashes in their lane with their cause', () => {
    expect(count(svg, /<path[^>]*><title>#3 crash oom: /g)).toBe(1);
  });
  test('has a ring for what runs, and says what it is', () => {
    expect(svg).toContain('<title>#41 running: the next</title>');
  });
  test('says how far it got', () => {
    expect(svg).toContain('autoresearch: 5 experiments, 2 kept improvements');
    expect(svg).toContain('val_bpb, 0.6000 (20.0 %) below the baseline&#39;s 3.0000');
  });
  test('names the floor without a line, for it is far below', () => {
    expect(svg).toContain('entropy floor 1.2000 of made-up text, no language, further down ↓');
    expect(svg).not.toContain('stroke-dasharray="6 4"');
  });
  test('the same decisions give the same bytes', () => {
    expect(
      progressSvg({
        title: 'main',
        decisions: few.map((d) => ({ ...d })),
        floorBpb: 1.2,
        sigma: 0.01,
        running: [{ experiment: '000041', description: 'the next' }],
      }),
    ).toBe(svg);
  });
});

test('the best-so-far line steps down at each keep', () => {
  const svg = progressSvg({ title: 'main', decisions: few });
  const steps = /<path d="(M[^"]*)" fill="none" stroke="#27ae60"/.exec(svg)![1]!;
  const points = steps
    .slice(1)
    .split('L')
    .map((p) => p.split(',').map(Number) as [number, number]);
  const heights = points.map(([, y]) => y);
  expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  expect(new Set(heights).size).toBe(3);
  const slanted = points.slice(1).filter(([x, y], i) => x !== points[i]![0] && y !== points[i]![1]);
  expect(slanted).toEqual([]);
});
test('a floor close to the best is a dashed line in its place', () => {
  const svg = progressSvg({ title: 'main', decisions: few, floorBpb: 2.2 });
  expect(svg).toContain('>entropy floor 2.2000 of made-up text, no language<');
  expect(svg).toContain('stroke-dasharray="6 4"');
});
test('no label of a keep is written over the words of the floor', () => {
  const steep = Array.from({ length: 40 }, (_, i) =>
    dot('keep', 2.2 + 0.95 ** i, `swap ReLU for squared ReLU in layer ${i}`),
  );
  const decisions = [...steep, ...Array.from({ length: 100 }, () => dot('discard', 2.4))];
  const lowestLabel = (svg: string) => {
    const labels = svg.matchAll(
      /translate\([\d.]+,([\d.]+)\) rotate\(-30\)" text-anchor="end"[^>]*>([^<]+)/g,
    );
    return Math.max(...[...labels].map(([, y, said]) => Number(y) + said!.length * 3.3));
  };
  const svg = progressSvg({ title: 'main', decisions, floorBpb: 2.3 });
  const words = Number(/y="([\d.]+)"[^>]*>entropy floor \d/.exec(svg)![1]);
  expect(lowestLabel(svg)).toBeLessThan(words - 10);
  expect(lowestLabel(progressSvg({ title: 'main', decisions }))).toBeGreaterThan(words);
});
test.each([
  ['nothing', []],
  ['a baseline that crashed', [dot('crash', null)]],
  ['a baseline only', [dot('keep', 3)]],
  ['a baseline and discards', [dot('keep', 3), dot('discard', 3.5), dot('discard', 4)]],
  ['gains too small to see', [dot('keep', 1), dot('keep', 0.999999)]],
])('a picture of %s is whole and has no broken coordinate', (_, decisions) => {
  const svg = progressSvg({ title: 'main', decisions });
  checkXml(svg);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test('ten thousand experiments fit in 2,000 elements and 300 KB', () => {
  let best = 1;
  const many = Array.from({ length: 10_000 }, (_, i): Dot => {
    if (i % 13 === 5) return dot('crash', null);
    if (i % 20 !== 0) return dot('discard', best + ((i * 7919) % 1000) / 50_000);
    best -= 0.0001 / (1 + i / 1000);
    return dot('keep', best, `gain ${i}`);
  });
  const svg = progressSvg({
    title: 'main',
    decisions: many,
    running: Array.from({ length: 1000 }, () => ({ experiment: '000001', description: 'x' })),
    sigma: 0.0005,
  });
  checkXml(svg);
  expect(nodes(svg)).toBeLessThanOrEqual(2000);
  expect(svg.length).toBeLessThan(300_000);
});
test('four hundred of each kind, all with words, fit in 2,000 elements, and their words are there', () => {
  const kinds = ['keep', 'discard', 'crash'] as const;
  const decisions = Array.from({ length: 600 }, (_, i) =>
    dot(kinds[i % 3]!, i % 3 === 2 ? null : 3 - i / 1000),
  );
  const svg = progressSvg({ title: 'main', decisions });
  expect(nodes(svg)).toBeLessThanOrEqual(2000);
  expect(count(svg, /<title>#/g)).toBe(600);
});

test('hostile words stay words', () => {
  const evil = '</title><script>alert(1)</script>&amp;&#0;"\'\0\x1b[31m\ud800<image href="http://x"/>';
  const svg = progressSvg({
    title: evil,
    decisions: [dot('keep', 3, evil), dot('discard', 3.1, evil), dot('crash', null, evil)],
    running: [{ experiment: '000001', description: evil }],
  });
  checkXml(svg);
  expect(svg).not.toMatch(/<script|<image|<\/title><script/);
});
test('for any words and numbers the picture is well-formed and without broken coordinates', () => {
  const decisions = fc.array(
    fc
      .record({
        status: fc.constantFrom('keep', 'discard', 'crash'),
        valBpb: fc.double({ min: 1e-6, max: 20, noNaN: true }),
        description: fc.string({ unit: 'binary' }),
      })
      .map(({ status, valBpb, description }) =>
        dot(status as Dot['status'], status === 'crash' ? null : valBpb, description),
      ),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      decisions,
      fc.option(fc.double({ min: 0, max: 20, noNaN: true })),
      fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      (title, all, floorBpb, sigma) => {
        const svg = progressSvg({ title, decisions: all, floorBpb, sigma });
        checkXml(svg);
        expect(svg.replace(/>[^<]*</g, '><')).not.toMatch(/NaN|Infinity|undefined/);
      },
    ),
  );
});

describe('labels', () => {
  const frame = { left: 0, right: 1000, top: 0, bottom: 600 };
  const corners = ({ x, y, text, anchor }: ReturnType<typeof placeLabels>[number]) => {
    const length = text.length * 6.2 * (anchor === 'start' ? 1 : -1);
    return [
      [x, y],
      [x + length * 0.866, y - length * 0.5],
    ] as const;
  };
  test('stay in the frame, are shortened where they must be, and the weightiest gets its place', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            x: fc.integer({ min: 0, max: 1000 }),
            y: fc.integer({ min: 0, max: 600 }),
            text: fc.string({ minLength: 1, maxLength: 45 }),
            weight: fc.integer({ min: 0, max: 1000 }),
          }),
          { maxLength: 40 },
        ),
        (wanted) => {
          const placed = placeLabels(wanted, frame);
          for (const one of placed)
            for (const [x, y] of corners(one)) {
              expect(x).toBeGreaterThanOrEqual(-1);
              expect(x).toBeLessThanOrEqual(1001);
              expect(y).toBeGreaterThanOrEqual(-1);
              expect(y).toBeLessThanOrEqual(601);
            }
        },
      ),
    );
  });
  test('two on one place: the weightier rises to the right, the other comes from below', () => {
    const placed = placeLabels(
      [
        { x: 500, y: 300, text: 'small gain here', weight: 1 },
        { x: 503, y: 300, text: 'large gain here', weight: 2 },
      ],
      frame,
    );
    expect(placed.map((p) => [p.text, p.anchor])).toEqual([
      ['large gain here', 'start'],
      ['small gain here', 'end'],
    ]);
  });
});
