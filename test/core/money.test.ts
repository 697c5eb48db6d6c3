import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  add,
  costOf,
  mostOf,
  nanoUsd,
  noUsage,
  PRICES,
  type Prices,
  usdOf,
} from '../../controller/core/money.ts';
import { refuseCall, type SpendCaps } from '../../controller/llm/spend-caps.ts';

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

const price = fc.double({ min: 0, max: 100, noNaN: true });
const prices: fc.Arbitrary<Prices> = fc.record({
  input: price,
  output: price,
  cacheRead: price,
  cacheWrite5m: price,
  cacheWrite1h: price,
});

test('no call costs more than was reserved for it, whatever the prices and however the prompt is counted', () => {
  fc.assert(
    fc.property(
      prices,
      fc.constantFrom('5m' as const, '1h' as const),
      fc.nat(500_000),
      fc.nat(128_000),
      fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000)),
      (table, ttl, bytes, maxOutput, [a, b, c, d]) => {
        const parts = a + b + c || 1;
        const usage = {
          inputTokens: Math.floor((bytes * a) / parts),
          cacheReadTokens: Math.floor((bytes * b) / parts),
          cacheWriteTokens: Math.floor((bytes * c) / parts),
          outputTokens: Math.floor((maxOutput * d) / 1000),
        };
        const most = mostOf(bytes, maxOutput, table, ttl);
        expect(costOf(usage, table, ttl)).toBeLessThanOrEqual(most.nanoUsd);
      },
    ),
  );
});

test('a thousand small costs add up without a rest', () => {
  const usage = { inputTokens: 1, cacheReadTokens: 3, cacheWriteTokens: 7, outputTokens: 11 };
  const all = Array.from({ length: 1000 }).reduce<typeof usage>((sum) => add(sum, usage), noUsage);
  expect(costOf(all, opus, '1h')).toBe(1000 * costOf(usage, opus, '1h'));
  expect(usdOf(1000 * costOf(usage, opus, '1h'))).toBeCloseTo(0.2806, 9);
});

test.each<
  [string, [spent: number, most: number], Partial<SpendCaps>, { words: RegExp; passing: boolean } | null]
>([
  ['fits to the last nano-dollar', [60, 40], {}, null],
  [
    'would pass the cap by one nano-dollar',
    [61, 40],
    {},
    { words: /0\.00 of at most 0\.00 USD are spent.*raise --max-usd/, passing: false },
  ],
  [
    'would pass the cap of tokens',
    [0, 0],
    { tokens: 99 },
    { words: /raise proposer.maxTokens/, passing: false },
  ],
  ['fits a person’s cap to the last nano-dollar', [40, 40], { controlNanoUsd: 80 }, null],
  [
    'would pass a person’s cap',
    [41, 40],
    { controlNanoUsd: 80 },
    { words: /raise it with autoresearch limit/, passing: true },
  ],
  [
    'would pass the lane’s own cap as well',
    [61, 40],
    { controlNanoUsd: 80 },
    { words: /raise --max-usd/, passing: false },
  ],
  [
    'would pass the lane’s own cap alone',
    [61, 40],
    { controlNanoUsd: 200 },
    { words: /raise --max-usd/, passing: false },
  ],
])('a call that %s', (_, [spent, most], caps, refused) => {
  const all = { nanoUsd: 100, tokens: null, ...caps };
  const said = refuseCall({ nanoUsd: spent, tokens: 50 }, { nanoUsd: most, tokens: 50 }, all);
  if (refused === null) expect(said).toBeNull();
  else expect(said).toEqual({ sentence: expect.stringMatching(refused.words), passing: refused.passing });
});
