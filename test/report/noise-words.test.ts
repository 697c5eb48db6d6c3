// What is known of noise, in words for people.
import { describe, expect, test } from 'vitest';
import type { Reproduction } from '../../controller/report/known-noise.ts';
import {
  againWords,
  briefWords,
  machineWords,
  reproductionWords,
  sigmasOf,
  sigmaWords,
} from '../../controller/report/noise-words.ts';

const TIP = '1'.repeat(40);
const found: Reproduction = {
  experiment: '000012',
  commit: TIP,
  claimed: 0.2402,
  gain: 0.2269,
  low: 0.178,
  high: 0.276,
  seeds: 5,
  unseen: false,
};

describe('a gain that was measured again', () => {
  test.each([
    ['is told with half of its interval', {}, 'measured again on 5 fresh seeds: −0.227 ± 0.049'],
    [
      'on another text says so',
      { unseen: true },
      'measured again on 5 fresh seeds, on other text: −0.227 ± 0.049',
    ],
    [
      'that is a loss has a plus',
      { gain: -0.1, low: -0.15, high: -0.05 },
      'measured again on 5 fresh seeds: +0.100 ± 0.050',
    ],
    [
      'as small as on a GPU keeps two figures',
      { gain: 0.001234, low: 0.000834, high: 0.001634 },
      'measured again on 5 fresh seeds: −0.00123 ± 0.00040',
    ],
    [
      'by a clock without noise has no interval',
      { gain: 0.1, low: 0.1, high: 0.1 },
      'measured again on 5 fresh seeds: −0.100 ± 0.000',
    ],
  ] as const)('%s', (_, also, words) => expect(againWords({ ...found, ...also })).toBe(words));

  test.each([
    ['is real', {}, TIP, /\(claimed −0\.240\): the gain is real$/],
    ['may be luck', { low: -0.01 }, TIP, /: it may be luck$/],
    ['is worse', { gain: -0.2, low: -0.3, high: -0.1 }, TIP, /: the tip is worse than the baseline$/],
    [
      'is of an older commit',
      {},
      '2'.repeat(40),
      /; that was experiment 12, autoresearch replay measures the newest keep$/,
    ],
  ] as const)('that %s is told so', (_, also, tip, words) =>
    expect(reproductionWords({ ...found, ...also }, tip)).toMatch(words),
  );

  test('where there is none, how to get it', () => {
    expect(reproductionWords(null, TIP)).toBe(
      'not measured again yet; autoresearch replay tells whether the gain is real',
    );
  });
});

test.each([
  [null, 'not known; autoresearch replay measures it'],
  [{ sigma: 0.00622, from: 8 }, 'one measurement scatters by 0.0062 bpb (sigma, 8 degrees of freedom)'],
  [{ sigma: 0.000311, from: 1 }, 'one measurement scatters by 0.00031 bpb (sigma, 1 degree of freedom)'],
  [{ sigma: 0, from: 3 }, 'one measurement scatters by 0.000 bpb (sigma, 3 degrees of freedom)'],
] as const)('sigma of %j is told as: %s', (noise, words) => expect(sigmaWords(noise)).toBe(words));

describe('a proposer', () => {
  const noise = { sigma: 0.0062, from: 8 };
  test.each([
    ['nothing is known', { noise: null, reproduction: null }, ''],
    [
      'sigma is known',
      { noise, reproduction: null },
      'By repeated runs, one measurement scatters by 0.0062 bpb (sigma, 8 degrees of freedom): smaller differences are chance.',
    ],
    [
      'the frontier was measured again',
      { noise: null, reproduction: found },
      'The gain of the frontier over the baseline was measured again on 5 fresh seeds: −0.227 ± 0.049: the gain is real.',
    ],
    ['an older commit was', { noise: null, reproduction: { ...found, commit: '2'.repeat(40) } }, ''],
  ])('where %s is told what it can use', (_, known, words) => expect(briefWords(known, TIP)).toBe(words));
});

test.each([
  [-0.1, { sigma: 0.02, from: 3 }, -5],
  [0.0333, { sigma: 0.01, from: 3 }, 3.3],
  [null, { sigma: 0.02, from: 3 }, null],
  [-0.1, null, null],
  [-0.1, { sigma: 0, from: 3 }, null],
] as const)('a change of %j beside %j is %j sigmas', (change, noise, wanted) =>
  expect(sigmasOf(change, noise)).toBe(wanted),
);

test.each([
  ['nobody measured it', [], ''],
  ['it hardly moves', [0.6, 0.58, 0.66], 'steady: pace 0.58 to 0.66 over the newest 3 runs'],
  ['one run alone has one', [0.6], 'steady: pace 0.60 in the newest run'],
  [
    'something else worked beside a run',
    [0.6, 0.9],
    /^noisy: pace 0\.60 to 0\.90 over the newest 2 runs; .* measure a gain again/,
  ],
] as const)('of a machine of which %s', (_, paces, words) => expect(machineWords(paces)).toMatch(words));
