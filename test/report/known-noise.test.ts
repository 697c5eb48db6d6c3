// What is known of noise, from what was measured several times.
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../controller/core/decision.ts';
import { noiseOf } from '../../controller/core/noise.ts';
import type { Replay } from '../../controller/core/replay.ts';
import { knownNoiseOf } from '../../controller/report/known-noise.ts';
import { pooled } from '../../controller/std/statistics.ts';

const [BASELINE, TIP, OLDER] = ['0', '1', '2'].map((digit) => digit.repeat(40)) as [string, string, string];

interface Numbers {
  readonly baseline?: readonly (number | null)[];
  readonly tip?: readonly (number | null)[];
}

/** A replay that measured these. */
function replay(
  { baseline = [1, 1.02], tip = [0.9, 0.92] }: Numbers = {},
  also: Partial<Replay> = {},
  conditions: (i: number) => string = () => 'data:a budget:5s',
): Replay {
  const of = (side: 'baseline' | 'tip', bpbs: readonly (number | null)[]) =>
    bpbs.map((valBpb, i) => ({
      side,
      seed: i,
      valBpb,
      why: valBpb === null ? 'nan: it is not a number' : '',
      conditions: valBpb === null ? '' : conditions(i),
    }));
  return {
    baseline: { experiment: '000000', commit: BASELINE },
    tip: { experiment: '000007', commit: TIP },
    claimed: 0.12,
    unseen: false,
    measured: [...of('baseline', baseline), ...of('tip', tip)],
    startedMs: 1,
    endedMs: 2,
    ...also,
  };
}

describe('sigma', () => {
  test.each([
    ['nothing', [], null],
    ['one measurement of each of two files', [[1], [2]], null],
    ['two of one file', [[1, 1.02]], { sigma: 0.014142, from: 1 }],
    [
      'files of which each was measured twice, however far apart they are',
      [
        [1, 1.02],
        [3, 3.02],
      ],
      { sigma: 0.014142, from: 2 },
    ],
    [
      'a larger group, which weighs more',
      [
        [1, 1],
        [1, 1],
        [1, 1.1, 1.2, 1.1],
      ],
      { sigma: 0.063246, from: 5 },
    ],
  ] as const)('of %s', (_, groups, wanted) => {
    const noise = pooled(groups);
    expect(noise && { ...noise, sigma: Number(noise.sigma.toFixed(6)) }).toEqual(wanted);
  });

  test('is what decides, where decisions tell it, also without a replay', () => {
    const measured = [1, 1.02, 1.04] as readonly number[];
    const decisions = [{ base: null, measured, screenBpb: 1.01 }] as unknown as Decision[];
    const told = noiseOf(decisions);
    expect(told!.from).toBeGreaterThan(0);
    expect(knownNoiseOf([], decisions).noise).toEqual(told);
    expect(knownNoiseOf([replay()], decisions).noise).toEqual(told);
  });

  test('of replays never lays together what was measured on other text, or of another commit', () => {
    const far = replay({ baseline: [5, 5.02], tip: [4, 4.02] }, {}, () => 'data:b budget:5s');
    const other = replay(
      { baseline: [1, 1.02], tip: [0.5, 0.52] },
      { tip: { experiment: '000005', commit: OLDER } },
    );
    const { noise } = knownNoiseOf([replay(), far, other], []);
    expect(noise!.from).toBe(3 + 1 + 1 + 1 + 1);
    expect(noise!.sigma).toBeLessThan(0.015);
  });
});

describe('what a replay found of the frontier', () => {
  const said = (...replays: Replay[]) => knownNoiseOf(replays, []).reproduction;

  test('is nothing where there was none', () => expect(said()).toBeNull());

  test('is its gain, on how many seeds, and of which commit', () =>
    expect(said(replay())).toMatchObject({
      experiment: '000007',
      commit: TIP,
      claimed: 0.12,
      seeds: 2,
      gain: expect.closeTo(0.1),
    }));

  test('grows surer with each replay of the same two', () => {
    const once = said(replay())!;
    const twice = said(replay(), replay({ baseline: [1.01, 1.01], tip: [0.91, 0.91] }))!;
    expect(twice.seeds).toBe(4);
    expect(twice.high - twice.low).toBeLessThan(once.high - once.low);
  });

  test('is of the newest tip alone', () => {
    const older = replay({ tip: [0.5, 0.52] }, { tip: { experiment: '000003', commit: OLDER } });
    expect(said(older, replay())).toMatchObject({ commit: TIP, seeds: 2, gain: expect.closeTo(0.1) });
  });

  test('on another text is told apart, and not laid together with the rest', () => {
    const unseen = replay(
      { baseline: [2, 2.02], tip: [1.5, 1.52] },
      { unseen: true },
      () => 'data:b budget:5s',
    );
    expect(said(replay(), unseen)).toMatchObject({ unseen: true, seeds: 2, gain: expect.closeTo(0.5) });
  });

  test.each([
    ['gave too few numbers', replay({ tip: [0.9, null] }, { tip: { experiment: '000009', commit: OLDER } })],
    ['gave none', replay({ tip: [null, null], baseline: [null] })],
    ['met other conditions half way', replay({}, {}, (i) => `data:${i} budget:5s`)],
  ])('is what an earlier one found where the newest %s', (_, poor) =>
    expect(said(replay(), poor)).toMatchObject({ seeds: 2, gain: expect.closeTo(0.1) }),
  );
});
