// What calls of a language model cost. Sums are whole nano-dollars, so that adding them up never loses one.
import { z } from 'zod';

/** USD per million tokens. A cache entry is written for five minutes or for an hour. */
export const pricesSchema = z.strictObject({
  input: z.number().nonnegative().describe('Input tokens.'),
  output: z.number().nonnegative().describe('Output tokens.'),
  cacheRead: z.number().nonnegative().describe('Input tokens read from the cache.'),
  cacheWrite5m: z.number().nonnegative().describe('Input tokens written to the cache for five minutes.'),
  cacheWrite1h: z.number().nonnegative().describe('Input tokens written to the cache for an hour.'),
});
export type Prices = Readonly<z.infer<typeof pricesSchema>>;

/** As published in November 2026. Other models, and other contracts, are settings. */
export const PRICES: Readonly<Record<string, Prices>> = {
  'claude-opus-5-5': { input: 4, output: 20, cacheRead: 0.2, cacheWrite5m: 5, cacheWrite1h: 8 },
  'claude-sonnet-5-5': { input: 2, output: 10, cacheRead: 0.1, cacheWrite5m: 2.5, cacheWrite1h: 4 },
  'claude-opus-5': { input: 5, output: 25, cacheRead: 0.5, cacheWrite5m: 6.25, cacheWrite1h: 10 },
  'claude-sonnet-5': { input: 2, output: 10, cacheRead: 0.2, cacheWrite5m: 2.5, cacheWrite1h: 4 },
};

/** Tokens of one call or of several; the three kinds of input do not overlap. */
export const usageSchema = z.strictObject({
  inputTokens: z.number().int().nonnegative(),
  cacheReadTokens: z.number().int().nonnegative(),
  cacheWriteTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

export const noUsage: Usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

/** How long a cache entry that a call writes is kept. */
export type CacheTtl = '5m' | '1h';

const NANO_PER_USD = 1e9;
/** Nano-dollars for one token at 1 USD per million. */
const NANO_PER_TOKEN = 1000;

export function nanoUsd(usd: number): number {
  return Math.round(usd * NANO_PER_USD);
}

export function usdOf(nano: number): number {
  return nano / NANO_PER_USD;
}

/** Nano-dollars for what was used, rounded up. */
export function costOf(usage: Usage, prices: Prices, ttl: CacheTtl): number {
  const write = ttl === '1h' ? prices.cacheWrite1h : prices.cacheWrite5m;
  const usdPerMillion =
    usage.inputTokens * prices.input +
    usage.cacheReadTokens * prices.cacheRead +
    usage.cacheWriteTokens * write +
    usage.outputTokens * prices.output;
  return Math.ceil(usdPerMillion * NANO_PER_TOKEN - 1e-6);
}

export function tokensOf(usage: Usage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens + usage.outputTokens;
}

export function add(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}

/** Seconds of a call. Stores hold some below zero, of calls during which the clock stepped back: they read as 0. */
export const secondsSchema = z.number().transform((seconds) => Math.max(0, seconds));

/** What asking for an idea came to, all calls of it together; stored with the proposal. */
export const costSchema = z.strictObject({
  model: z.string(),
  calls: z.number().int().positive(),
  ...usageSchema.shape,
  usd: z.number().nonnegative(),
  seconds: secondsSchema,
  /** Their numbers in the spend record, where they are known. */
  numbers: z.array(z.number().int().positive()).optional(),
  /** So many ideas came of the same calls; the rest is this one's share. */
  ideas: z.number().int().positive().optional(),
});
export type Cost = Readonly<z.infer<typeof costSchema>>;
