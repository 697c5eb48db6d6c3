// The models of a setting, in the order in which they are asked, and what each costs.
import { PRICES, type Prices } from '../core/money.ts';
import { Failure } from '../failure.ts';
import type { Model } from '../llm/conversation.ts';
import type { ClaudeSetting } from '../settings/proposer.ts';

export const NO_KEY = 'ANTHROPIC_API_KEY is not set; export your key, or use --proposer builtin';

export function modelsOf(setting: ClaudeSetting): Model[] {
  const { effort, maxOutputTokens, cacheTtl } = setting;
  return [setting, ...setting.models].map(({ model }) => ({ model, effort, maxOutputTokens, cacheTtl }));
}

/** Failure 2 where the model has no price. */
export function pricesOf(setting: ClaudeSetting, model: string): Prices {
  const named = [setting, ...setting.models].find((one) => one.model === model);
  const known = named?.prices ?? PRICES[model];
  if (known) return known;
  throw new Failure(
    2,
    `the price of ${model} is not known; give proposer.prices in USD per million tokens, or choose one of ${Object.keys(PRICES).join(', ')}`,
  );
}
