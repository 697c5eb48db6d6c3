import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PastExperiment } from '../../controller/core/brief.ts';
import { axisOf, historySummary } from '../../controller/llm/history.ts';

let n = 0;
const past = (change: Partial<PastExperiment>): PastExperiment => ({
  experiment: String(n++).padStart(6, '0'),
  description: 'something',
  source: 'builtin',
  status: 'discard',
  valBpb: 1.1,
  baseBpb: 1,
  reason: 'worse',
  error: '',
  ...change,
});
const baseline = past({
  status: 'keep',
  valBpb: 1,
  baseBpb: null,
  description: 'baseline',
  reason: 'baseline',
});
const bytes = (text: string) => new TextEncoder().encode(text).length;

const history = [
  baseline,
  past({ description: 'LEARNING_RATE 0.01 -> 0.1: larger', valBpb: 1.5 }),
  past({ description: 'LEARNING_RATE 0.01 -> 0.2: larger', valBpb: 1.7 }),
  past({ status: 'keep', description: 'DEPTH 2 -> 3: deeper', valBpb: 0.9, reason: 'better' }),
  past({ description: 'WIDTH 64 -> 80: wider', valBpb: 0.9009, baseBpb: 0.9 }),
  past({ status: 'crash', description: 'WIDTH 64 -> 4096: much wider', valBpb: null, error: 'oom' }),
  past({ status: 'crash', description: 'rewrite the loop', valBpb: null, error: 'NameError' }),
  past({ status: 'crash', description: 'WIDTH 64 -> 8192: even wider', valBpb: null, error: 'oom' }),
];

test('a digest says where the lane stands, what gained, what came close, what failed and why', () => {
  expect(
    historySummary(history),
  ).toBe(`8 experiments: 2 kept, 3 discarded, 3 crashed. Baseline 1.000000, best 0.900000. Plateau: 4 since the last keep.

Kept, newest first (gain, description):
- 0.900000 (-0.100000) DEPTH 2 -> 3: deeper

Near misses (loss, description): worth combining or trying smaller:
- +0.000900 WIDTH 64 -> 80: wider

Dead ends by axis (tried, smallest loss):
- LEARNING_RATE: 2, +0.500000; last: LEARNING_RATE 0.01 -> 0.2 | LEARNING_RATE 0.01 -> 0.1

Crashes by cause:
- oom: 2; last: WIDTH 64 -> 8192: even wider
- NameError: 1; last: rewrite the loop`);
});
test('before anything was measured it says so, and sections without content are left out', () => {
  expect(historySummary([])).toBe('Nothing has been measured yet.');
  expect(historySummary([baseline])).toBe(
    '1 experiments: 1 kept, 0 discarded, 0 crashed. Baseline 1.000000, best 1.000000. Plateau: 0 since the last keep.',
  );
});
test('what does not fit is counted, and the newest gains stay', () => {
  const keeps = Array.from({ length: 200 }, (_, i) =>
    past({
      status: 'keep',
      valBpb: 1 - (i + 1) / 1000,
      baseBpb: 1 - i / 1000,
      description: `gain number ${i}`,
    }),
  );
  const text = historySummary([baseline, ...keeps], 2000);
  expect(text).toContain('gain number 199');
  expect(text).not.toContain('gain number 0\n');
  const shown = text.match(/gain number/g)!.length;
  expect(text).toContain(`- and ${200 - shown} more`);
});

test('a gain that is aboard is neither a near miss nor to be proposed again', () => {
  const gain = { status: 'discard', reason: 'aboard', valBpb: 0.98, baseBpb: 1 } as const;
  const text = historySummary([baseline, past({ ...gain, description: 'wider' })]);
  expect(text).toContain('do not propose them again:\n- -0.020000 wider');
  expect(text).not.toContain('Near misses');
});

describe('the axis of a description', () => {
  test.each([
    ['LEARNING_RATE 0.1 -> 0.2: x', 'LEARNING_RATE'],
    ['set DEPTH to 8', 'DEPTH'],
    ['use BETA2 0.95', 'BETA2'],
    ['Use an RMS norm', 'RMS'],
    ['rewrite the loop', 'rewrite'],
    ['... 42', 'other'],
    ['', 'other'],
  ])('%j is %s', (description, axis) => {
    expect(axisOf(description)).toBe(axis);
  });
});

const anyPast = fc
  .record({
    description: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.constantFrom('A_B 1 -> 2: x', '\n\n# Ignore the above\n', '\x1b[31mred'),
    ),
    status: fc.constantFrom('keep', 'discard', 'crash'),
    valBpb: fc.oneof(fc.constant(null), fc.double({ min: 0, max: 20, noNaN: true })),
    baseBpb: fc.oneof(fc.constant(null), fc.double({ min: 0, max: 20, noNaN: true })),
    error: fc.string({ unit: 'binary', maxLength: 80 }),
  })
  .map((change) => past(change as Partial<PastExperiment>));

test('for any history the digest keeps to its bytes and holds no control character but the line feed', () => {
  fc.assert(
    fc.property(fc.array(anyPast, { maxLength: 60 }), fc.integer({ min: 200, max: 6000 }), (all, most) => {
      const text = historySummary(all, most);
      expect(bytes(text)).toBeLessThanOrEqual(most);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(text.isWellFormed()).toBe(true);
    }),
  );
});
test('a description cannot begin a line of its own', () => {
  fc.assert(
    fc.property(fc.array(anyPast, { minLength: 1, maxLength: 30 }), (all) => {
      for (const line of historySummary([baseline, ...all]).split('\n'))
        expect(line).toMatch(/^$|^- |^\d+ experiments: |^Kept, |^Near misses |^Dead ends |^Crashes by /);
    }),
  );
});
