// What the page makes of rows, logs and edits before anything is drawn.
import { expect, test } from 'vitest';
import { acrossOf } from '../../controller/page/browser/facts/across.ts';
import { diffLines } from '../../controller/page/browser/facts/diff-lines.ts';
import { digestOf, digestWords } from '../../controller/page/browser/facts/digest.ts';
import { knobsOf } from '../../controller/page/browser/facts/knob-gains.ts';
import { machineWords, waitWords } from '../../controller/page/browser/facts/machine-words.ts';
import { rowsFrom } from '../../controller/page/browser/facts/rows.ts';
import { curveIn } from '../../controller/page/curve.ts';
import { rowsOf } from '../../controller/page/lane-source.ts';
import { layoutOf } from '../../controller/report/picture/progress.ts';
import { WrittenLane } from './written-lane.ts';

/** Changed words in brackets, each line with its sign. */
function shown(diff: string): string[] {
  const sign = { added: '+', gone: '-', same: ' ', place: '' };
  return diffLines(diff).map(
    ({ kind, pieces }) =>
      sign[kind] + pieces.map(({ text, changed }) => (changed ? `[${text}]` : text)).join(''),
  );
}

test.each<[string, string, string[]]>([
  [
    'the number alone that changed',
    'Index: train.py\n====\n--- train.py\n+++ train.py\n@@ -1,2 +1,2 @@\n DEPTH = 4\n-WIDTH = 128  # wide\n+WIDTH = 160  # wide\n',
    ['@@ -1,2 +1,2 @@', ' DEPTH = 4', '-WIDTH = [128]  # wide', '+WIDTH = [160]  # wide'],
  ],
  ['a decimal as one word', '-LR = 3e-4\n+LR = 0.0042\n', ['-LR = [3e-4]', '+LR = [0.0042]']],
  ['no words where lines were added', '-a = 1\n+a = 1\n+b = 2\n', ['-a = 1', '+a = 1', '+b = 2']],
  [
    'lines that begin as names of files do',
    '--- a/train.py\n+++ b/train.py\n@@ -1 +1,2 @@\n--- f()\n+++ g()\n+==== h\n\\ No newline at end of file\n',
    ['@@ -1 +1,2 @@', '--- f()', '+++ g()', '+==== h'],
  ],
  [
    'each pair of lines for itself',
    '-a = 1\n-b = 2\n+a = 1\n+b = 3\n',
    ['-a = 1', '-b = [2]', '+a = 1', '+b = [3]'],
  ],
])('an edit shows %s', (_, diff, lines) => {
  expect(shown(diff)).toEqual(lines);
});

test.each<[string, string, [number, number][]]>([
  [
    'the share of the training',
    '\rstep 00010 (5.0%) | loss: 4.5 | dt: 3ms\rstep 00020 (10.0%) | loss: 4.25',
    [
      [0.05, 4.5],
      [0.1, 4.25],
    ],
  ],
  [
    'steps where no share is told',
    'step 5 | loss 2\nstep 10 | loss 1.5e0\n',
    [
      [0.5, 2],
      [1, 1.5],
    ],
  ],
  ['nothing in a log without losses', 'step 1\nTraceback: loss\n', []],
])('a curve is read from %s', (_, log, points) => {
  expect(curveIn(log)).toEqual(points);
});

test('a long curve keeps its jumps and its ends', () => {
  const loss = (i: number) => (i === 5000 ? 99 : 5 - i / 3000);
  const points = curveIn(Array.from({ length: 10_000 }, (_, i) => `step ${i} | loss ${loss(i)}`).join('\r'));
  expect(points.length).toBeLessThanOrEqual(400);
  expect(Math.max(...points.map(([, value]) => value))).toBe(99);
  expect(points.at(-1)![0]).toBe(1);
});

test('a knob is told what its keeps took off the best, and what is kept of it now', () => {
  const lane = new WrittenLane();
  lane.decide();
  lane.decide({ status: 'keep', description: 'WIDTH 1 -> 2: wider', valBpb: 2.4 });
  lane.decide({ status: 'discard', description: 'WIDTH 2 -> 3: wider', valBpb: 2.45 });
  lane.decide({ status: 'crash', description: 'WIDTH 2 -> 900: wider' });
  lane.decide({ status: 'keep', description: 'rotary positions', valBpb: 2.3 });
  const knobs = knobsOf(rowsFrom(rowsOf(lane.decisions)));
  expect(
    knobs.map(({ name, tries, kept, crashed, gain, value }) => [
      name,
      tries,
      kept,
      crashed,
      +gain.toFixed(6),
      value,
    ]),
  ).toEqual([
    ['WIDTH', 3, 1, 1, 0.1, '2'],
    ['other edits by builtin', 1, 1, 0, 0.1, ''],
  ]);
});

test('across the picture lie hours and dollars as they grew, and time never runs back', () => {
  const lane = new WrittenLane();
  for (const timestampMs of [1000, 3000, 2000]) lane.decide({ timestampMs, spentSeconds: 1800 });
  const rows = rowsFrom(rowsOf(lane.decisions));
  expect(acrossOf('experiment', rows, [])).toBeNull();
  expect(acrossOf('time', rows, [])!.at).toEqual([1000, 3000, 3000]);
  expect(acrossOf('hours', rows, [])!.at).toEqual([0.5, 1, 1.5]);
  expect(
    acrossOf('usd', rows, [
      [2000, 1],
      [4000, 3],
    ])!.at,
  ).toEqual([0, 2, 2]);
  expect(acrossOf('usd', rows, [])!.at).toEqual([0, 0, 0]);
});

test('a part of the lane begins at the left edge with the best before it', () => {
  const lane = new WrittenLane();
  for (let i = 0; i < 30; i++) lane.decide();
  const { at, scales } = layoutOf({ title: 'main', decisions: lane.decisions, part: [12, 20] });
  expect(at.map(({ i }) => i)).toEqual([10, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  expect(at[0]!.x).toBe(scales.x(12));
  expect(at.at(-1)!.x).toBe(scales.x(20));
});

test('who was away is told the largest gains as the table writes them', () => {
  const lane = new WrittenLane();
  lane.decide();
  lane.decide({ status: 'keep', description: 'WIDTH 1 -> 2: wider', valBpb: 2.4 });
  const words = digestWords(digestOf(rowsFrom(rowsOf(lane.decisions)), 0));
  expect(words).toContain('Largest: #1 WIDTH 1 → 2 (−0.1000).');
});

test('a way back that a person took is no gain', () => {
  const lane = new WrittenLane();
  lane.decide();
  lane.decide({ status: 'keep', description: 'WIDTH 1 -> 2: wider', valBpb: 2.4 });
  lane.decide({ status: 'keep', source: 'retract', description: 'back to 000000', valBpb: 2.5 });
  expect(digestWords(digestOf(rowsFrom(rowsOf(lane.decisions)), 0))).toBe(
    '2 experiments, 1 kept: 2.5000 → 2.5000. Largest: #1 WIDTH 1 → 2 (−0.1000).',
  );
});

test('machines are told by who leads, what a run takes in the middle, and where runs were lost', () => {
  const run = (waited: number | null, prepared: number, placed: number | null = null) => ({
    experiment: '000001',
    waited,
    placed,
    prepared,
    trained: 300.2,
    evaluated: 8.04,
  });
  const machine = {
    holder: 'lab-0:/data',
    beganMs: 0,
    pool: 'h100',
    width: 4,
    commands: [],
    finished: [run(null, 20), run(3, 21), run(900, 22)],
    losses: [
      { node: 'gpu-7', cause: 'preempted', count: 2 },
      { node: '', cause: 'vanished', count: 1 },
    ],
  };
  const trial = { experiment: '000004', description: '', source: '', attempt: 1, says: '' };
  const open = [
    { ...trial, waits: '', sinceMs: 1 },
    { ...trial, waits: 'no GPU is free', sinceMs: null },
  ];
  const words = Object.fromEntries(machineWords(machine, { open }, 0));
  expect(words).toMatchObject({
    pool: 'h100: 1 of 4 running, 1 waiting',
    'a run takes':
      '900 s waiting for its place and image, 21 s starting and compiling, 300 s training, 8.0 s evaluating (medians of the newest 3 runs)',
    'lost on': 'gpu-7: preempted 2, unknown node: vanished 1',
  });
  const placed = { ...machine, finished: [run(9, 20, 2), run(300, 21, 200), run(70, 22, 6)] };
  expect(Object.fromEntries(machineWords(placed, { open }, 0))['a run takes']).toMatch(
    /^6\.0 s waiting for a node, 64 s pulling its image, 21 s starting/,
  );
  expect(words['led by']).toContain('lab-0:/data, since ');
  expect(machineWords(null, { open: [] }, 0)).toEqual([]);
  expect([waitWords(null, 0), waitWords(0, 240_000)]).toEqual(['waits', 'waits for 4 min']);
});
