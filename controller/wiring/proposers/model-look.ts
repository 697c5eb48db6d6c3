// What must hold before a language model is paid: looked at for nothing, before a lane begins.
import type { Brief } from '../../brief.ts';
import { nanoUsd, type Prices, usdOf } from '../../core/money.ts';
import { leastCall } from '../../llm/call-bounds.ts';
import type { Model } from '../../llm/conversation.ts';
import { firstLook } from '../../llm/first-look.ts';
import type { ModelClient, ModelRequest } from '../../llm/model.ts';
import { nextRequest } from '../../llm/next-request.ts';
import type { LaneInputs } from '../../loop/context.ts';

const never = new AbortController().signal;

/** Models that are asked in this order, what each costs, and the lane's cap. */
export interface LookedAt {
  readonly models: readonly Model[];
  readonly prices: (model: string) => Prices;
  readonly maxUsd: number;
  /** Ideas that one call is asked for. */
  readonly ideas: number;
}

/** Why no model can have ideas, or null. `fresh`: nothing is spent yet, so that the cap can be looked at. */
export async function whyNoModel(
  { maxUsd, models, prices, ideas }: LookedAt,
  client: ModelClient,
  inputs: LaneInputs,
  fresh: boolean,
): Promise<string | null> {
  const problems: string[] = [];
  for (const model of models) {
    const request = nextRequest(model, ideas, await firstBrief(inputs));
    const { problem, inputTokens } = await firstLook(client, { ...request, ...model }, never);
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

async function firstBrief({ trainPy, prepare, program }: LaneInputs): Promise<Brief> {
  return {
    ...{ lane: '', seed: 0, next: 1, tip: '', tipBpb: 0, guidance: '' },
    ...{ past: [], open: [], ready: [], tried: [], inconclusive: [], ran: [] },
    ...{ trainPy, prepare, program: await program() },
  };
}
