// What a replay measures, and what it says of a gain.
import { describe, expect, test } from 'vitest';
import { conclude, measurementsOf, type Side } from '../../controller/replay/analysis.ts';
import { gainOf, sampleOf } from '../../controller/std/statistics.ts';
import { CONDITIONS, crashed, finished, lane, lost } from '../core/trials.ts';

const kept = (experiment: string) => ({ decision: { experiment, seed: 7 }, trainPy: `# ${experiment}\n` });

describe('a replay', () => {
  test('measures both in turn, each time with a seed that neither had before, and the same seeds when asked again', () => {
    const asked = measurementsOf(kept('000000'), kept('000042'), 3);
    expect(asked.map(({ id, side }) => `${id} ${side}`)).toEqual([
      '000001 baseline',
      '000002 tip',
      '000003 baseline',
      '000004 tip',
      '000005 baseline',
      '000006 tip',
    ]);
    expect(asked.map(({ trainPy }) => trainPy)).toEqual(
      ['000000', '000042', '000000', '000042', '000000', '000042'].map((id) => `# ${id}\n`),
    );
    expect(new Set([7, ...asked.map(({ seed }) => seed)]).size).toBe(7);
    expect(measurementsOf(kept('000000'), kept('000042'), 3)).toEqual(asked);
  });

  const of = (side: Side, ...bpbs: number[]) => bpbs.map((bpb) => ({ side, outcome: finished(bpb) }));
  const said = (measured: Parameters<typeof conclude>[0], claimed = 0.1) =>
    conclude(measured, lane.clocks.budgetSeconds, claimed, CONDITIONS);

  test.each([
    { tip: [0.9, 0.91, 0.89], words: 'the gain is real' },
    { tip: [0.9, 1.1, 0.95], words: 'it cannot be told from luck; try more --times' },
    { tip: [1.2, 1.21, 1.19], words: 'the tip is worse than the baseline' },
    { tip: [1, 1.01, 0.99], words: 'it cannot be told from luck; try more --times' },
  ])('of a tip of $tip beside 1, 1.01, 0.99 says: $words', ({ tip, words }) => {
    expect(said([...of('baseline', 1, 1.01, 0.99), ...of('tip', ...tip)])).toMatchObject({
      sentence: expect.stringMatching(
        new RegExp(`^claimed 0\\.100000, measured again -?\\d\\.\\d{6}, 95 % between .*: ${words}$`),
      ),
      elsewhere: '',
    });
  });

  test('leaves out what gave no number, and counts it', () => {
    const failed = [
      { side: 'tip' as const, outcome: crashed('nan') },
      { side: 'baseline' as const, outcome: lost('evicted') },
    ];
    expect(said([...of('baseline', 1, 1.01), ...of('tip', 0.9, 0.91), ...failed])).toMatchObject({
      sides: [
        { side: 'baseline', n: 2, failed: 1, mean: 1.005 },
        { side: 'tip', n: 2, failed: 1, mean: 0.905 },
      ],
    });
  });

  test('takes the conditions of what gave a number alone: a machine that refused a run met nothing', () => {
    const { sealed } = finished(1, { data_sha256: '0'.repeat(64), val_bpb: null, status: 'refused' });
    const refused = { side: 'tip' as const, outcome: { ...lost('setup'), sealed } };
    expect(said([...of('baseline', 1, 1.01), ...of('tip', 0.9, 0.91), refused])).toMatchObject({
      sides: [{ failed: 0 }, { failed: 1 }],
      elsewhere: '',
    });
  });

  test('concludes nothing from one number, and says what became of the others', () => {
    const failed = { side: 'tip' as const, outcome: crashed('nan') };
    expect(said([...of('baseline', 1, 1.01), ...of('tip', 0.9), failed])).toEqual({
      why: 'the tip gave 1 of 2 numbers, and 2 are needed: nan: it was nan; find out why, then replay',
    });
  });

  test('concludes nothing from measurements on two kinds of GPU', () => {
    const other = finished(0.9, { gpu: 'another card' });
    expect(said([...of('baseline', 1, 1.01), ...of('tip', 0.9), { side: 'tip', outcome: other }])).toEqual({
      why: 'the measurements cannot be compared: gpu was card, is another_card; replay where the conditions are the same for all',
    });
  });

  test('says where it was measured under other conditions than the rows, as with text that decided nothing', () => {
    const unseen = (bpb: number) => finished(bpb, { data_sha256: '9'.repeat(64) });
    const measured = [1, 1.01].map((bpb) => ({ side: 'baseline' as const, outcome: unseen(bpb) }));
    const tip = [0.9, 0.91].map((bpb) => ({ side: 'tip' as const, outcome: unseen(bpb) }));
    expect(said([...measured, ...tip])).toMatchObject({
      elsewhere: `data was ${'d'.repeat(16)}, is ${'9'.repeat(16)}`,
    });
  });
});

// Welch, B. L.: The generalization of Student's problem when several different population variances are involved (1947).
test.each([
  // By hand: gain 2, error √(1/3 + 1/3) = 0.816497, 4 degrees of freedom: 2.776 × 0.816497.
  { before: [11, 12, 13], after: [9, 10, 11], gain: 2, low: 2 - 2.266596, high: 2 + 2.266596 },
  // Only one side scatters, so 2 degrees of freedom: 4.303 × √(1/3).
  { before: [11, 12, 13], after: [10, 10, 10], gain: 2, low: 2 - 2.484338, high: 2 + 2.484338 },
  { before: [2, 2], after: [1, 1], gain: 1, low: 1, high: 1 },
])('a gain from $before to $after lies between $low and $high', ({ before, after, gain, low, high }) => {
  const said = gainOf(sampleOf(before), sampleOf(after));
  expect(said.gain).toBeCloseTo(gain, 9);
  expect([said.low, said.high].map((bound) => bound.toFixed(4))).toEqual(
    [low, high].map((b) => b.toFixed(4)),
  );
});
