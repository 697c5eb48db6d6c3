// What repeats tell of the noise of a measurement.
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../controller/core/decision.ts';
import { noiseOf } from '../../controller/core/noise.ts';
import { normal } from '../bench/search/landscape.ts';

const SIGMA = 0.002;

/** A baseline and so many trains, each file at a level of its own, each seed with an offset of its own. */
function lane(seed: number, trains: number, { offset = 0, odd = 0 } = {}): Decision[] {
  const number = (file: number, column: number) =>
    1 - file / 50 + offset * normal(seed, column, 1) + SIGMA * normal(seed, file, column, 2);
  const decision = (file: number, seeds: number) => {
    const all = Array.from({ length: seeds + 1 }, (_, column) => number(file, column));
    const [screenBpb, ...measured] = file === 3 && odd ? all.with(1, all[1]! + odd) : all;
    return { base: file === 0 ? null : 'a', source: file === 0 ? 'builtin' : 'stack', screenBpb, measured };
  };
  const first = decision(0, 7);
  return [first, ...Array.from({ length: trains }, (_, i) => decision(i + 1, 2))] as unknown as Decision[];
}

/** The middle of what a hundred lanes are said to have, in true sigmas, and the range of nine in ten of them. */
function said(trains: number, also: { offset?: number; odd?: number } = {}) {
  const all = Array.from({ length: 100 }, (_, seed) => noiseOf(lane(seed, trains, also))!.sigma / SIGMA);
  all.sort((a, b) => a - b);
  return { middle: all[50]!, low: all[5]!, high: all[94]! };
}

describe('the noise of a measurement', () => {
  it('is unknown where nothing was measured on other seeds', () => {
    expect(noiseOf([])).toBe(null);
    expect(noiseOf([{ base: null, source: 'builtin', valBpb: 1 } as Decision])).toBe(null);
  });

  it('is at first how far the numbers of the baseline lie apart', () => {
    expect(noiseOf(lane(1, 0))!.from).toBe(7);
    expect(noiseOf(lane(1, 3))).toEqual(noiseOf(lane(1, 0)));
    const { middle, low, high } = said(0);
    expect([middle > 0.85, middle < 1.1, low > 0.5, high < 1.5]).toEqual([true, true, true, true]);
  });

  it('is pooled from eight repeats on, without what files and seeds have in common', () => {
    expect(noiseOf(lane(1, 4))!.from).toBe(8);
    const { middle, low, high } = said(12, { offset: 4 * SIGMA });
    expect([middle > 0.9, middle < 1.1, low > 0.7, high < 1.35]).toEqual([true, true, true, true]);
  });

  it('is not carried away by one odd number', () => {
    const { middle, high } = said(12, { odd: 50 * SIGMA });
    expect([middle < 1.8, high < 2.4]).toEqual([true, true]);
  });

  it('is nothing where all numbers are the same', () => {
    const same = { base: null, source: 'builtin', screenBpb: 1, measured: [1, 1, 1, 1, 1, 1, 1] };
    expect(noiseOf([same as unknown as Decision])).toEqual({ sigma: 0, from: 7 });
  });
});
