// A language model as a lane's proposer, whoever provides it.
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { proposerOf } from '../../adapters/builtin/proposers.ts';
import { trainPyReader } from '../../adapters/python-reader.ts';
import type { Source } from '../../core/experiment.ts';
import type { Budget } from '../../llm/budget.ts';
import { CircuitBreaker } from '../../llm/circuit-breaker.ts';
import { FileCheck } from '../../llm/file-check.ts';
import { KnownFiles } from '../../llm/known-files.ts';
import { MeteredModel } from '../../llm/metered-model.ts';
import type { ModelClient } from '../../llm/model.ts';
import { ModelChain } from '../../llm/model-chain.ts';
import { LanguageModelProposer } from '../../llm/proposer.ts';
import { CALLS_AT_MOST, type FlowSetting } from '../../loop/idea-flow.ts';
import type { Proposer } from '../../ports.ts';
import { checkout } from '../../settings/checkout.ts';
import { type LookedAt, whyNoModel } from './model-look.ts';
import type { ProposerSurroundings } from './surroundings.ts';

interface HowToAsk extends LookedAt, FlowSetting {
  readonly source: Source;
  readonly client: ModelClient;
  readonly fallback: 'builtin' | 'none';
}

/** `whyNot`: what a look that costs nothing finds wrong. */
export interface ModelProposer {
  readonly proposer: Proposer;
  readonly flow: FlowSetting;
  readonly freeIdeas: boolean;
  whyNot(): Promise<string | null>;
}

export function modelProposer(
  how: HowToAsk,
  lane: string,
  { store, clock, inputs, observer }: Pick<ProposerSurroundings, 'store' | 'clock' | 'inputs' | 'observer'>,
  budget: Budget,
): ModelProposer {
  const { source, client, models, prices, ahead, parallel, ideas } = how;
  const fallback = how.fallback === 'none' ? null : proposerOf(how.fallback);
  const metered = new MeteredModel({
    client,
    budget,
    breaker: new CircuitBreaker(clock),
    prices,
    clock,
    random: () => randomInt(2 ** 32) / 2 ** 32,
  });
  // The trainer's Python knows numpy; an image without a trainer has a plain one.
  const python = existsSync(checkout.python) ? checkout.python : 'python3';
  const reader = trainPyReader(python, checkout.preflight);
  const proposer = new LanguageModelProposer({
    source,
    models: new ModelChain(metered, models, fallback !== null, clock),
    check: new FileCheck(reader, new KnownFiles(store, lane, reader)),
    parallel: parallel ?? CALLS_AT_MOST,
    ideas,
    prepare: inputs.prepare,
    program: inputs.program,
    fallback,
    told: (sentence) => observer.happened({ kind: 'held', sentence }),
  });
  return {
    proposer,
    flow: { ahead, parallel },
    freeIdeas: fallback !== null,
    whyNot: async () => whyNoModel(how, client, inputs, (await budget.spentUsd()) === 0),
  };
}
