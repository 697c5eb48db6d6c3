import { expect, test } from 'vitest';
import { add, costOf, nanoUsd, noUsage, PRICES, usdOf } from '../../controller/core/money.ts';

const opus = PRICES['claude-opus-5-5']!;

test.each([
  ['a million fresh tokens', { ...noUsage, inputTokens: 1_000_000 }, 4],
  ['a million answered', { ...noUsage, outputTokens: 1_000_000 }, 20],
  ['a million read from the cache', { ...noUsage, cacheReadTokens: 1_000_000 }, 0.2],
  ['a million written for an hour', { ...noUsage, cacheWriteTokens: 1_000_000 }, 8],
  ['one of each', { inputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1, outputTokens: 1 }, 0.0000322],
])('%s', (_, usage, usd) => {
  expect(costOf(usage, opus, '1h')).toBe(nanoUsd(usd));
});

test('an entry for five minutes is cheaper than one for an hour', () => {
  expect(costOf({ ...noUsage, cacheWriteTokens: 1000 }, opus, '5m')).toBe(5_000_000);
});

test('a thousand small costs add up without a rest', () => {
  const usage = { inputTokens: 1, cacheReadTokens: 3, cacheWriteTokens: 7, outputTokens: 11 };
  const all = Array.from({ length: 1000 }).reduce<typeof usage>((sum) => add(sum, usage), noUsage);
  expect(costOf(all, opus, '1h')).toBe(1000 * costOf(usage, opus, '1h'));
  expect(usdOf(1000 * costOf(usage, opus, '1h'))).toBeCloseTo(0.2806, 9);
});
