import { expect, test } from 'vitest';
import { doubling, spread, stepwise } from '../../controller/std/backoff.ts';

const waits = (backoff: (failures: number) => number) => [0, 1, 2, 3, 4, 1000].map(backoff);

test('a wait doubles with each failure, up to the most', () => {
  expect(waits(doubling(500, 3000))).toEqual([500, 1000, 2000, 3000, 3000, 3000]);
});

test('a wait goes up step by step and stays on the last', () => {
  expect(waits(stepwise(10, 20, 70))).toEqual([10, 20, 70, 70, 70, 70]);
});

test.each([
  [0, 1, 0],
  [0.25, 1, 250],
  [0, 0.5, 500],
  [0.5, 0.5, 750],
  [0.75, 0, 1000],
])('chance %d of a share of %d leaves %d of a second', (random, share, ms) => {
  expect(spread(1000, random, share)).toBe(ms);
});
