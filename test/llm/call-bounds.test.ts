// What is reserved for a call, and what one that broke off counts for, is never below what it cost.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noUsage, PRICES, type Prices } from '../../controller/core/money.ts';
import {
  brokenAtMost,
  callBound,
  charge,
  inputAtMost,
  leastCall,
  outputThatFits,
} from '../../controller/llm/call-bounds.ts';
import { request } from '../messages/rig.ts';

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
      fc.double({ min: 1, max: 6, noNaN: true }),
      fc.nat(128_000),
      fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000)),
      (table, cacheTtl, bytes, surcharge, maxOutput, [a, b, c, d]) => {
        const tariff = { prices: table, cacheTtl, surcharge };
        const parts = a + b + c || 1;
        const usage = {
          inputTokens: Math.floor((bytes * a) / parts),
          cacheReadTokens: Math.floor((bytes * b) / parts),
          cacheWriteTokens: Math.floor((bytes * c) / parts),
          outputTokens: Math.floor((maxOutput * d) / 1000),
        };
        const most = callBound(bytes, maxOutput, tariff);
        expect(charge(usage, tariff)).toBeLessThanOrEqual(most.nanoUsd);
      },
    ),
  );
});

const tariff = { prices: PRICES['claude-opus-5-5']!, cacheTtl: '1h', surcharge: 1.1 } as const;
const usage = { inputTokens: 100, cacheReadTokens: 20_000, cacheWriteTokens: 300, outputTokens: 0 };
const bound = callBound(30_000, 16_000, tariff);

describe('a call that broke off', () => {
  test.each<[string, Parameters<typeof brokenAtMost>[0], number, number]>([
    [
      'after its head counts for the input it told and a second or two',
      { usage, surcharge: 1, seconds: 0 },
      20_400,
      1000,
    ],
    ['after a minute counts for a whole answer', { usage, surcharge: 1, seconds: 60 }, 20_400, 16_000],
    [
      'while the clock was set back counts for a whole answer',
      { usage, surcharge: 1, seconds: null },
      20_400,
      16_000,
    ],
    ['before its head counts for the input at most', { usage: null, surcharge: 1, seconds: 1 }, 30_000, 1500],
    [
      'after it told all counts for what it told',
      { usage: { ...usage, outputTokens: 15_000 }, surcharge: 1, seconds: 1 },
      20_400,
      15_000,
    ],
  ])('%s', (_, heard, input, output) => {
    const { usage: used, nanoUsd } = brokenAtMost(heard, bound, tariff);
    expect(used.inputTokens + used.cacheReadTokens + used.cacheWriteTokens).toBe(input);
    expect(used.outputTokens).toBe(output);
    expect(nanoUsd).toBeLessThanOrEqual(bound.nanoUsd);
  });

  test('in a region counts for a tenth more, where that was told', () => {
    const [here, there] = [1, 1.1].map((surcharge) =>
      brokenAtMost({ usage, surcharge, seconds: 0 }, bound, tariff),
    );
    expect(there!.nanoUsd / here!.nanoUsd).toBeCloseTo(1.1, 6);
  });
});

describe('the longest answer that what is left pays for', () => {
  test('costs no more than that, to the token', () => {
    fc.assert(
      fc.property(fc.nat(40_000), fc.integer({ min: 1, max: 1e9 }), (inputTokens, nanoUsd) => {
        const output = outputThatFits(
          { nanoUsd, tokens: Number.POSITIVE_INFINITY },
          inputTokens,
          16_000,
          tariff,
        );
        if (output > 4096)
          expect(callBound(inputTokens, output, tariff).nanoUsd).toBeLessThanOrEqual(nanoUsd);
        if (output > 4096 && output < 16_000)
          expect(callBound(inputTokens, output + 2, tariff).nanoUsd).toBeGreaterThan(nanoUsd);
        expect(output).toBeGreaterThanOrEqual(4096);
      }),
    );
  });

  test('is as long as asked for where nothing costs anything', () => {
    const free = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
    const left = { nanoUsd: 1, tokens: Number.POSITIVE_INFINITY };
    expect(outputThatFits(left, 30_000, 16_000, { ...tariff, prices: free })).toBe(16_000);
    expect(leastCall(request(), null, free).nanoUsd).toBe(0);
  });

  test('keeps to a cap of tokens, too', () => {
    expect(outputThatFits({ nanoUsd: 1e12, tokens: 40_000 }, 30_000, 16_000, tariff)).toBe(10_000);
  });
});

test('a count of the input is trusted but for a little, and never for more than its bytes', () => {
  const long = request({
    prompt: { system: [{ text: 'x'.repeat(40_000), cached: true }], user: 'Propose.' },
  });
  expect(inputAtMost(long, null)).toBe(40_008 + 4096);
  expect(inputAtMost(long, 10_000)).toBe(10_500 + 512);
  expect(inputAtMost(long, 1_000_000)).toBe(40_008 + 4096);
});

test('noUsage costs nothing whatever the surcharge', () => {
  expect(charge(noUsage, { ...tariff, surcharge: 6 })).toBe(0);
});
