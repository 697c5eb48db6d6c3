// The most that a call can use and cost: before it is made, and once it has broken off.
import { costOf, noUsage, type Prices, tokensOf, type Usage } from '../core/money.ts';
import { type HeardSoFar, type ModelRequest, textsOf } from './model.ts';
import { bytesOf } from './prompt.ts';
import type { Spent } from './spend-caps.ts';

/** Tokens that the API puts around a prompt, and the schema of the answer, at most. */
const AROUND_TOKENS = 4096;
/** The API calls its own count an estimate that may be a little off. */
const COUNT_IS_OFF = { share: 0.05, tokens: 512 };
/** Nobody writes faster; and some more may be written before it is noticed that nobody listens. */
const TOKENS_PER_SECOND = 500;
const UNNOTICED_SECONDS = 2;
/** An answer needs as much room as this, thinking included. */
const LEAST_OUTPUT_TOKENS = 4096;
/** A workspace may have its calls answered in a region that costs a tenth more; the answer tells. */
export const FORESEEN_SURCHARGE = 1.1;

export interface Tariff {
  readonly prices: Prices;
  readonly cacheTtl: ModelRequest['cacheTtl'];
  readonly surcharge: number;
}

export interface CallBound extends Spent {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Tokens of the input at most: each is at least a byte. `counted`: by the API, null where it did not. */
export function inputAtMost(request: ModelRequest, counted: number | null): number {
  const bytes = bytesOf(textsOf(request)) + AROUND_TOKENS;
  if (counted === null) return bytes;
  return Math.min(bytes, Math.ceil(counted * (1 + COUNT_IS_OFF.share)) + COUNT_IS_OFF.tokens);
}

/** Any token of the input may be of the dearest kind. */
export function callBound(inputTokens: number, outputTokens: number, tariff: Tariff): CallBound {
  const { prices, cacheTtl } = tariff;
  const write = cacheTtl === '1h' ? prices.cacheWrite1h : prices.cacheWrite5m;
  const dearest = { ...prices, input: Math.max(prices.input, prices.cacheRead, write) };
  const most = { ...noUsage, inputTokens, outputTokens };
  const nanoUsd = charge(most, { ...tariff, prices: dearest });
  return { tokens: tokensOf(most), nanoUsd, inputTokens, outputTokens };
}

/** Nano-dollars for what was used, rounded up. */
export function charge(usage: Usage, { prices, cacheTtl, surcharge }: Tariff): number {
  return Math.max(0, Math.ceil(costOf(usage, prices, cacheTtl) * surcharge - 1e-6));
}

/** The longest answer that what is left pays for: at least one that is of use, at most `outputTokens`. */
export function outputThatFits(
  left: Spent,
  inputTokens: number,
  outputTokens: number,
  tariff: Tariff,
): number {
  const input = callBound(inputTokens, 0, tariff).nanoUsd;
  const each = callBound(0, 1_000_000, tariff).nanoUsd / 1_000_000;
  const paid = each === 0 ? outputTokens : Math.floor((left.nanoUsd - input) / each);
  const fits = Math.min(outputTokens, paid, left.tokens - inputTokens);
  return Math.max(fits, Math.min(outputTokens, LEAST_OUTPUT_TOKENS));
}

/** What a call that broke off has used at most. `inputTokens`: of the whole input, where it did not tell. */
export function brokenAtMost(
  heard: HeardSoFar,
  { inputTokens, outputTokens }: Pick<CallBound, 'inputTokens' | 'outputTokens'>,
  tariff: Tariff,
): { usage: Usage; nanoUsd: number } {
  const { usage, seconds, surcharge } = heard;
  const written =
    seconds === null ? outputTokens : Math.ceil(TOKENS_PER_SECOND * (seconds + UNNOTICED_SECONDS));
  const output = Math.max(usage?.outputTokens ?? 0, Math.min(outputTokens, written));
  if (usage === null) {
    const { nanoUsd } = callBound(inputTokens, output, tariff);
    return { usage: { ...noUsage, inputTokens, outputTokens: output }, nanoUsd };
  }
  const used = { ...usage, outputTokens: output };
  return { usage: used, nanoUsd: charge(used, { ...tariff, surcharge }) };
}

/** The cheapest call that can be of use. */
export function leastCall(request: ModelRequest, counted: number | null, prices: Prices): CallBound {
  const tariff = { prices, cacheTtl: request.cacheTtl, surcharge: FORESEEN_SURCHARGE };
  const output = Math.min(request.maxOutputTokens, LEAST_OUTPUT_TOKENS);
  return callBound(inputAtMost(request, counted), output, tariff);
}
