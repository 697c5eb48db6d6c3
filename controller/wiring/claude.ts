// Claude as a lane's proposer, put together with its budget.

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { anthropicClient } from '../adapters/anthropic/client.ts';
import { proposerOf } from '../adapters/builtin/proposers.ts';
import { trainPyReader } from '../adapters/python-reader.ts';
import { nanoUsd, PRICES, type Prices } from '../core/money.ts';
import type { PaidCall } from '../core/spend.ts';
import { Failure } from '../failure.ts';
import { Budget } from '../llm/budget.ts';
import { CircuitBreaker } from '../llm/circuit-breaker.ts';
import { KnownFiles } from '../llm/known-files.ts';
import { MeteredModel } from '../llm/metered-model.ts';
import { ClaudeProposer } from '../llm/proposer.ts';
import type { LaneContext } from '../loop/context.ts';
import { readControl } from '../loop/control.ts';
import { CALLS_AT_MOST } from '../loop/idea-flow.ts';
import type { Store } from '../ports.ts';
import { checkout } from '../settings/checkout.ts';
import type { ClaudeSetting } from '../settings/proposer.ts';

/** Failure 3 where there is no key, 2 where the model has no price. */
export function claudeOf(
  setting: ClaudeSetting,
  lane: string,
  { store, clock, inputs, observer }: Pick<LaneContext, 'store' | 'clock' | 'inputs' | 'observer'>,
  apiKey: string | undefined,
): LaneProposer {
  if (!apiKey)
    throw new Failure(3, 'ANTHROPIC_API_KEY is not set; export your key, or use --proposer builtin');
  const prices = pricesOf(setting);
  const budget = budgetOf(setting, store, lane, (call) => observer.happened({ kind: 'paid', call }));
  const { baseURL, model, effort, maxOutputTokens, cacheTtl, fallback } = setting;
  const flow = { ahead: setting.ahead, parallel: setting.parallel };
  const [deadlineMs, idleMs] = [1000 * setting.deadlineSeconds, 1000 * setting.idleSeconds];
  const metered = new MeteredModel({
    client: anthropicClient({ apiKey, baseURL, clock, deadlineMs, idleMs }),
    budget,
    breaker: new CircuitBreaker(clock),
    prices,
    clock,
    random: () => randomInt(2 ** 32) / 2 ** 32,
  });
  // The trainer's Python knows numpy; an image without a trainer has a plain one.
  const python = existsSync(checkout.python) ? checkout.python : 'python3';
  const reader = trainPyReader(python, checkout.preflight);
  const proposer = new ClaudeProposer({
    metered,
    model: { model, effort, maxOutputTokens, cacheTtl },
    reader,
    known: new KnownFiles(store, lane, reader),
    parallel: flow.parallel ?? CALLS_AT_MOST,
    prepare: inputs.prepare,
    program: inputs.program,
    fallback: fallback === 'none' ? null : proposerOf(fallback),
  });
  return { proposer, spentUsd: () => budget.spentUsd(), flow, capUsd: setting.maxUsd };
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

function pricesOf({ model, prices }: ClaudeSetting): Prices {
  const known = prices ?? PRICES[model];
  if (known) return known;
  throw new Failure(
    2,
    `the price of ${model} is not known; give proposer.prices in USD per million tokens, or choose one of ${Object.keys(PRICES).join(', ')}`,
  );
}

/** What a lane's loop gets from its proposer. */
export type LaneProposer = Pick<LaneContext, 'proposer' | 'spentUsd' | 'flow'> & {
  readonly capUsd: number | null;
};
