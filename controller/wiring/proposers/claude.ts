// Claude as a lane's proposer, put together with its budget.

import { anthropicClient } from '../../adapters/anthropic/client.ts';
import { Failure } from '../../failure.ts';
import type { Budget } from '../../llm/budget.ts';
import type { ClaudeSetting } from '../../settings/claude.ts';
import { credentialsOf, deadlineSeconds, modelsOf, pricesOf, whyNotFromHere } from './claude-models.ts';
import { budgetOf } from './lane-budget.ts';
import { type ModelProposer, modelProposer } from './language-model.ts';
import type { ProposerSurroundings } from './surroundings.ts';

/** Failure 3 where there is no key, 2 where a model has no price. `budget`: of the lane, where it has one already. */
export function claudeOf(
  setting: ClaudeSetting,
  lane: string,
  parts: Pick<ProposerSurroundings, 'store' | 'clock' | 'inputs' | 'observer' | 'env'>,
  budget: Budget = budgetOf(setting, parts, lane),
): ModelProposer {
  const credentials = credentialsOf(setting, parts.env);
  const fault = whyNotFromHere();
  if (fault !== null) throw new Failure(3, fault);
  const models = modelsOf(setting);
  const prices = new Map(models.map(({ model }) => [model, pricesOf(setting, model)]));
  const { baseURL, maxUsd, ahead, parallel, ideas, fallback } = setting;
  const [deadlineMs, idleMs] = [Math.ceil(1000 * deadlineSeconds(setting)), 1000 * setting.idleSeconds];
  const client = anthropicClient({ credentials, baseURL, clock: parts.clock, deadlineMs, idleMs });
  const asked = { models, prices: (id: string) => prices.get(id)!, maxUsd, ideas };
  const how = { ...asked, source: 'anthropic' as const, client, ahead, parallel, fallback };
  return modelProposer(how, lane, parts, budget);
}
