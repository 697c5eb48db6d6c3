// Claude as a lane's proposer, put together with its budget.

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { anthropicClient } from '../adapters/anthropic/client.ts';
import { proposerOf } from '../adapters/builtin/proposers.ts';
import { trainPyReader } from '../adapters/python-reader.ts';
import { nanoUsd } from '../core/money.ts';
import type { PaidCall } from '../core/spend.ts';
import { Failure } from '../failure.ts';
import { Budget } from '../llm/budget.ts';
import { CircuitBreaker } from '../llm/circuit-breaker.ts';
import { FileCheck } from '../llm/file-check.ts';
import { KnownFiles } from '../llm/known-files.ts';
import { MeteredModel } from '../llm/metered-model.ts';
import { ModelChain } from '../llm/model-chain.ts';
import { ClaudeProposer } from '../llm/proposer.ts';
import type { LaneContext } from '../loop/context.ts';
import { CALLS_AT_MOST } from '../loop/idea-flow.ts';
import { readControl } from '../loop/outside-changes.ts';
import type { Store } from '../ports.ts';
import { checkout } from '../settings/checkout.ts';
import type { ClaudeSetting } from '../settings/proposer.ts';
import { whyNoClaude } from './claude-look.ts';
import { deadlineSeconds, keyOf, modelsOf, pricesOf, whyNotFromHere } from './claude-models.ts';

/** Failure 3 where there is no key, 2 where a model has no price. `whyNot`: what a look that costs nothing finds wrong. */
export function claudeOf(
  setting: ClaudeSetting,
  lane: string,
  { store, clock, inputs, observer }: Pick<LaneContext, 'store' | 'clock' | 'inputs' | 'observer'>,
  apiKey: string | undefined,
): LaneProposer & { whyNot(): Promise<string | null> } {
  const given = keyOf(apiKey);
  if (given.problem !== undefined) throw new Failure(3, given.problem);
  const fault = whyNotFromHere();
  if (fault !== null) throw new Failure(3, fault);
  const models = modelsOf(setting);
  const prices = new Map(models.map(({ model }) => [model, pricesOf(setting, model)]));
  const budget = budgetOf(setting, store, lane, (call) => observer.happened({ kind: 'paid', call }));
  const { baseURL, ahead, parallel } = setting;
  const fallback = setting.fallback === 'none' ? null : proposerOf(setting.fallback);
  const [deadlineMs, idleMs] = [Math.ceil(1000 * deadlineSeconds(setting)), 1000 * setting.idleSeconds];
  const client = anthropicClient({ apiKey: given.key, baseURL, clock, deadlineMs, idleMs });
  const metered = new MeteredModel({
    client,
    budget,
    breaker: new CircuitBreaker(clock),
    prices: (id) => prices.get(id)!,
    clock,
    random: () => randomInt(2 ** 32) / 2 ** 32,
  });
  // The trainer's Python knows numpy; an image without a trainer has a plain one.
  const python = existsSync(checkout.python) ? checkout.python : 'python3';
  const reader = trainPyReader(python, checkout.preflight);
  const proposer = new ClaudeProposer({
    models: new ModelChain(metered, models, fallback !== null, clock),
    check: new FileCheck(reader, new KnownFiles(store, lane, reader)),
    parallel: parallel ?? CALLS_AT_MOST,
    prepare: inputs.prepare,
    program: inputs.program,
    fallback,
    told: (sentence) => observer.happened({ kind: 'held', sentence }),
  });
  return {
    proposer,
    spentUsd: () => budget.spentUsd(),
    flow: { ahead, parallel },
    capUsd: setting.maxUsd,
    freeIdeas: fallback !== null,
    whyNot: async () => whyNoClaude(setting, client, inputs, (await budget.spentUsd()) === 0),
  };
}

/** The setting's caps and a person's; an unreadable control.json may have said that nothing be spent. */
function budgetOf(
  { maxUsd, maxTokens }: ClaudeSetting,
  store: Store,
  lane: string,
  paid: (call: PaidCall) => void,
): Budget {
  const caps = async () => {
    const { control, trouble } = await readControl(store, lane);
    if (trouble) return { sentence: trouble, passing: true };
    const { usd } = control.limits;
    return {
      nanoUsd: nanoUsd(maxUsd),
      tokens: maxTokens,
      controlNanoUsd: usd === null ? null : nanoUsd(usd),
    };
  };
  return new Budget(store, lane, caps, paid);
}

/** What a lane's loop gets from its proposer. */
export type LaneProposer = Pick<LaneContext, 'proposer' | 'spentUsd' | 'flow'> & {
  readonly capUsd: number | null;
  /** Ideas go on once the dollars are spent. */
  readonly freeIdeas: boolean;
};
