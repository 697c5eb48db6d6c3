// What must hold before Claude is paid: looked at for nothing, before a lane begins and by the doctor.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anthropicClient } from '../../adapters/anthropic/client.ts';
import { systemClock } from '../../adapters/clock.ts';
import { nanoUsd, type Prices, usdOf } from '../../core/money.ts';
import { leastCall } from '../../llm/call-bounds.ts';
import type { Model } from '../../llm/conversation.ts';
import { firstLook } from '../../llm/first-look.ts';
import type { ModelClient, ModelRequest } from '../../llm/model.ts';
import { promptForIdea } from '../../llm/prompt.ts';
import type { LaneInputs } from '../../loop/context.ts';
import { checkout } from '../../settings/checkout.ts';
import type { ClaudeSetting } from '../../settings/claude.ts';
import { proposerGiven, proposerSchema } from '../../settings/proposer.ts';
import { type TrainerName, trainers } from '../../settings/trainers.ts';
import type { Check } from '../../std/check.ts';
import { keyOf, modelsOf, pricesOf, whyNotFromHere } from './claude-models.ts';
import type { ProposerSurroundings } from './surroundings.ts';

const never = new AbortController().signal;

/** Models that are asked in this order, what each costs, and the lane's cap. */
export interface LookedAt {
  readonly models: readonly Model[];
  readonly prices: (model: string) => Prices;
  readonly maxUsd: number;
}

/** Why no model can have ideas, or null. `fresh`: nothing is spent yet, so that the cap can be looked at. */
export async function whyNoModel(
  { maxUsd, models, prices }: LookedAt,
  client: ModelClient,
  inputs: LaneInputs,
  fresh: boolean,
): Promise<string | null> {
  const problems: string[] = [];
  for (const model of models) {
    const request: ModelRequest = { ...model, prompt: await firstPrompt(inputs), corrections: [] };
    const { problem, inputTokens } = await firstLook(client, request, never);
    const why =
      problem ?? (fresh ? whyUnaffordable(maxUsd, prices(model.model), request, inputTokens) : null);
    if (why === null) return null;
    problems.push(why);
  }
  return problems[0]!;
}

function whyUnaffordable(
  maxUsd: number,
  prices: Prices,
  request: ModelRequest,
  counted: number | null,
): string | null {
  const most = leastCall(request, counted, prices);
  if (most.nanoUsd <= nanoUsd(maxUsd)) return null;
  const usd = (Math.ceil(100 * usdOf(most.nanoUsd)) / 100).toFixed(2);
  return `one call of ${request.model} may cost ${usd} USD, and the cap is ${maxUsd}; raise --max-usd (in a settings file proposer.maxUsd), or choose a cheaper model`;
}

async function firstPrompt({ trainPy, prepare, program }: LaneInputs) {
  const brief = {
    ...{ lane: '', seed: 0, next: 1, tip: '', tipBpb: 0, guidance: '' },
    ...{ past: [], open: [], ready: [], tried: [], inconclusive: [], ran: [] },
    ...{ trainPy, prepare, program: await program() },
  };
  return promptForIdea(brief, { kind: 'exploit', ideas: 1, ready: [] });
}

/** The same for the doctor, with the files of a trainer; nothing where another proposer is meant. */
export async function examinedClaude(
  name: TrainerName,
  flags: { proposer?: string | undefined; maxUsd?: number | undefined; model?: string | undefined },
  env: ProposerSurroundings['env'],
): Promise<Check[]> {
  if (flags.proposer !== 'anthropic') return [];
  const read = proposerSchema.safeParse(proposerGiven(undefined, flags));
  if (!read.success) return [failed(read.error.issues[0]!.message)];
  const setting = read.data as ClaudeSetting;
  const given = keyOf(env.ANTHROPIC_API_KEY);
  if (given.problem !== undefined) return [failed(given.problem)];
  const fault = whyNotFromHere();
  if (fault !== null) return [failed(fault)];
  const { folder } = trainers[name];
  const inputs: LaneInputs = {
    trainPy: await readFile(join(folder, 'train.py'), 'utf8'),
    prepare: await readFile(join(folder, 'prepare.py'), 'utf8'),
    program: () => readFile(checkout.program, 'utf8'),
  };
  const client = anthropicClient({
    apiKey: given.key,
    baseURL: setting.baseURL,
    clock: systemClock,
    deadlineMs: 60_000,
    idleMs: 60_000,
  });
  const asked = {
    models: modelsOf(setting),
    prices: (id: string) => pricesOf(setting, id),
    maxUsd: setting.maxUsd,
  };
  const problem = await whyNoModel(asked, client, inputs, true);
  if (problem !== null) return [failed(problem)];
  return [{ check: 'Claude', result: 'ok', found: `${setting.model} can be asked`, fix: '' }];
}

function failed(sentence: string): Check {
  const at = sentence.lastIndexOf('; ');
  return { check: 'Claude', result: 'fail', found: sentence.slice(0, at), fix: sentence.slice(at + 2) };
}
