// What ideas cost, as it is told. Dollars are numbers.
import { z } from 'zod';
import type { Proposal } from '../core/experiment.ts';
import { usdOf } from '../core/money.ts';
import type { Spend } from '../core/spend.ts';

/** What asking for one idea cost. */
export const costSchema = z.strictObject({
  model: z.string(),
  calls: z.number().int(),
  /** All of the input, that from the cache too. */
  inputTokens: z.number(),
  cachedTokens: z.number(),
  outputTokens: z.number(),
  usd: z.number(),
  seconds: z.number(),
  /** Their numbers, as list --refused has them; empty where an older release made them. */
  numbers: z.array(z.number().int()),
});
type CostView = Readonly<z.infer<typeof costSchema>>;

/** Null where asking for it cost nothing. */
export function costView({ cost }: Pick<Proposal, 'cost'>): CostView | null {
  if (!cost) return null;
  const { model, calls, usd, seconds, outputTokens, numbers = [] } = cost;
  const inputTokens = cost.inputTokens + cost.cacheReadTokens + cost.cacheWriteTokens;
  return {
    model,
    calls,
    inputTokens,
    cachedTokens: cost.cacheReadTokens,
    outputTokens,
    usd,
    seconds,
    numbers,
  };
}

/** Dollars that were spent, of reserved calls the most that they can cost. */
export function usdIn(spends: readonly Pick<Spend, 'nanoUsd'>[]): number {
  return usdOf(spends.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0));
}
