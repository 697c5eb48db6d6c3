// A model behind an interface like OpenAI's as a lane's proposer.
import { openaiClient } from '../../adapters/openai/client.ts';
import { Failure } from '../../failure.ts';
import type { Budget } from '../../llm/budget.ts';
import type { OpenaiSetting } from '../../settings/openai.ts';
import { lengthOf } from './claude-models.ts';
import { type ModelProposer, modelProposer } from './language-model.ts';
import { modelOf } from './openai-model.ts';
import type { ProposerSurroundings } from './surroundings.ts';

const FREE = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
/** A server that asks for no key takes any. */
const NO_KEY = 'none';

/** Failure 3 where there is no key and one is needed. */
export function openaiOf(
  setting: OpenaiSetting,
  lane: string,
  parts: Pick<ProposerSurroundings, 'store' | 'clock' | 'inputs' | 'observer' | 'env'>,
  budget: Budget,
): ModelProposer {
  const { OPENAI_API_KEY: given, OPENAI_CUSTOM_HEADERS: headers } = parts.env;
  const { baseURL, answers, maxUsd, ahead, parallel, ideas, fallback } = setting;
  if (!given && baseURL === null)
    throw new Failure(3, 'OPENAI_API_KEY is not set; export your key, or give proposer.baseURL');
  if (headers)
    throw new Failure(
      3,
      'OPENAI_CUSTOM_HEADERS is set, and would change what is asked and what it costs; unset it, then start again',
    );
  const { deadlineSeconds } = lengthOf(setting);
  const client = openaiClient({
    apiKey: given || NO_KEY,
    baseURL,
    answers,
    clock: parts.clock,
    deadlineMs: Math.ceil(1000 * deadlineSeconds),
    idleMs: 1000 * setting.idleSeconds,
  });
  const how = { models: [modelOf(setting)], prices: () => pricesOf(setting.prices), maxUsd: maxUsd ?? 0 };
  return modelProposer(
    { ...how, source: 'openai', client, ahead, parallel, ideas, fallback },
    lane,
    parts,
    budget,
  );
}

function pricesOf(prices: OpenaiSetting['prices']) {
  if (prices === 0) return FREE;
  const { input, output, cachedInput } = prices;
  return { input, output, cacheRead: cachedInput ?? input, cacheWrite5m: input, cacheWrite1h: input };
}
