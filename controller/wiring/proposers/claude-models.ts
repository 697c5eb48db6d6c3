// The models of a setting, in the order in which they are asked, and what each costs.
import type { ApiCredentials } from '../../adapters/anthropic/credentials.ts';
import { PRICES, type Prices } from '../../core/money.ts';
import { proxies, variable } from '../../environment.ts';
import { Failure } from '../../failure.ts';
import type { Model } from '../../llm/conversation.ts';
import type { ClaudeSetting } from '../../settings/claude.ts';

const NO_KEY = 'ANTHROPIC_API_KEY is not set; export your key, or use --proposer builtin';
const UNSENDABLE =
  'ANTHROPIC_API_KEY holds a blank, a line break or a typographic quote, which no request can carry; copy the key again';

/** The key, or why no call can be made with it, however that is answered. */
export function keyOf(
  apiKey: string | undefined,
): { readonly key: string; readonly problem?: undefined } | { readonly problem: string } {
  if (!apiKey) return { problem: NO_KEY };
  return /^[\x21-\x7e]+$/.test(apiKey) ? { key: apiKey } : { problem: UNSENDABLE };
}

/** What is asked with: a cloud or the federation of the setting, or else the key. Failure 3 where there is none. */
export function credentialsOf(
  { federation, bedrock, vertex }: Pick<ClaudeSetting, 'federation' | 'bedrock' | 'vertex'>,
  env: Readonly<Record<string, string | undefined>>,
): ApiCredentials {
  if (bedrock !== null)
    return { bedrock: { ...bedrock, apiKey: env.AWS_BEARER_TOKEN_BEDROCK?.trim() || null } };
  if (vertex !== null) return { vertex };
  if (federation !== null) return { federation };
  const given = keyOf(env.ANTHROPIC_API_KEY);
  if (given.problem !== undefined) throw new Failure(3, given.problem);
  return { apiKey: given.key };
}

const HEADERS =
  'ANTHROPIC_CUSTOM_HEADERS is set, and would change what is asked of Claude and what it costs; unset it, then start again';

/** Why nothing of this shell can be asked of Claude; null where it can. The SDK sends these headers by itself, and they may ask for what costs more. */
export function whyNotFromHere(): string | null {
  return variable('ANTHROPIC_CUSTOM_HEADERS') ? HEADERS : proxies().fault;
}

export function modelsOf(setting: ClaudeSetting): Model[] {
  const { cacheTtl } = setting;
  return [setting, ...setting.models].map(({ model, effort, maxOutputTokens }) => ({
    model,
    effort,
    maxOutputTokens: maxOutputTokens ?? ROOM[effort ?? OWN_EFFORT[model] ?? 'high'],
    cacheTtl,
  }));
}

/** Room for thinking and an answer, in tokens. */
const ROOM = { low: 16_000, medium: 16_000, high: 32_000, xhigh: 64_000, max: 64_000 } as const;
/** Where a model is not told, it thinks this much; `high` where nobody knows. */
const OWN_EFFORT: Readonly<Record<string, keyof typeof ROOM>> = { 'claude-opus-5-5': 'medium' };
/** Slower than any model writes for long. */
const TOKENS_PER_SECOND = 27;
const LEAST_DEADLINE_SECONDS = 600;

/** How long a call may take: long enough for the longest answer. */
export function deadlineSeconds(setting: ClaudeSetting): number {
  const longest = Math.max(...modelsOf(setting).map(({ maxOutputTokens }) => maxOutputTokens));
  return setting.deadlineSeconds ?? secondsFor(longest);
}

function secondsFor(tokens: number): number {
  return Math.max(LEAST_DEADLINE_SECONDS, tokens / TOKENS_PER_SECOND);
}

/** The same of a model of which nobody knows how much it thinks by itself. */
export function lengthOf(setting: Pick<ClaudeSetting, 'effort' | 'maxOutputTokens' | 'deadlineSeconds'>): {
  readonly maxOutputTokens: number;
  readonly deadlineSeconds: number;
} {
  const maxOutputTokens = setting.maxOutputTokens ?? ROOM[setting.effort ?? 'high'];
  return { maxOutputTokens, deadlineSeconds: setting.deadlineSeconds ?? secondsFor(maxOutputTokens) };
}

/** The cloud that is asked; null: Anthropic's own API, or a gateway to it. */
function cloudOf({ bedrock, vertex }: Pick<ClaudeSetting, 'bedrock' | 'vertex'>): string | null {
  return bedrock !== null ? 'Amazon Bedrock' : vertex !== null ? 'Google Vertex AI' : null;
}

/** Failure 2 where the model has no price. A cloud has prices of its own, which may differ by region. */
export function pricesOf(setting: ClaudeSetting, model: string): Prices {
  const named = [setting, ...setting.models].find((one) => one.model === model);
  const cloud = cloudOf(setting);
  const known = named?.prices ?? (cloud === null ? PRICES[model] : undefined);
  if (known) return known;
  if (cloud !== null)
    throw new Failure(
      2,
      `the price of ${model} on ${cloud} is not known; give proposer.prices in USD per million tokens, as ${cloud} has them for your region`,
    );
  throw new Failure(
    2,
    `the price of ${model} is not known; give proposer.prices in USD per million tokens, or choose one of ${Object.keys(PRICES).join(', ')}`,
  );
}
