// Who has the ideas: the setting, and the proposer that it names.
import { proposerOf } from '../../adapters/builtin/proposers.ts';
import { MixedProposer, type Part } from '../../adapters/mix.ts';
import { Failure } from '../../failure.ts';
import type { Budget } from '../../llm/budget.ts';
import type { LaneContext } from '../../loop/context.ts';
import type { FlowSetting } from '../../loop/idea-flow.ts';
import type { Proposer } from '../../ports.ts';
import type { MixSetting, ProposerSetting } from '../../settings/proposer.ts';
import { budgetOf } from './lane-budget.ts';
import { type One, partOf } from './parts.ts';
import type { ProposerSurroundings } from './surroundings.ts';

/** What a lane's loop gets from its proposer. */
type LaneProposer = Pick<LaneContext, 'proposer' | 'spentUsd' | 'flow'> & {
  readonly capUsd: number | null;
  /** Ideas go on once the dollars are spent. */
  readonly freeIdeas: boolean;
};

/** One of several, or the only one. `flow`: where it takes its time. `whyNot`: why it never will have an idea, or null. */
interface Made {
  readonly proposer: Proposer;
  readonly flow: FlowSetting | null;
  readonly freeIdeas: boolean;
  whyNot(): Promise<string | null>;
}

/** Failure 3 where it is in vain, 2 where the setting lacks something. */
export async function laneProposer(
  setting: ProposerSetting,
  lane: string,
  parts: ProposerSurroundings,
): Promise<LaneProposer> {
  if (typeof setting === 'string')
    return { proposer: proposerOf(setting), spentUsd: async () => 0, capUsd: null, freeIdeas: true };
  const { maxUsd } = setting;
  // What costs nothing needs no cap, and spends nothing.
  const caps = { maxUsd: maxUsd ?? 0, maxTokens: 'maxTokens' in setting ? setting.maxTokens : null };
  const budget = budgetOf(caps, parts, lane);
  const made = await ('mix' in setting
    ? mixOf(setting, lane, parts, budget)
    : oneOf(setting, lane, parts, budget));
  const problem = await made.whyNot();
  if (problem !== null && !made.freeIdeas) throw new Failure(3, problem);
  if (problem !== null)
    parts.observer.happened({ kind: 'held', sentence: `the fallback has the ideas meanwhile: ${problem}` });
  const { proposer, flow, freeIdeas } = made;
  const common = {
    proposer,
    spentUsd: () => budget.spentUsd(),
    capUsd: maxUsd,
    freeIdeas: freeIdeas || maxUsd === null,
  };
  return flow === null ? common : { ...common, flow };
}

/** A laptop's loop carries no SDK that it does not use. */
async function oneOf(setting: One, lane: string, parts: ProposerSurroundings, budget: Budget): Promise<Made> {
  if (typeof setting === 'string')
    return { proposer: proposerOf(setting), flow: null, freeIdeas: true, whyNot: async () => null };
  if (setting.kind === 'anthropic') {
    const { claudeOf } = await import('./claude.ts');
    return claudeOf(setting, lane, parts, budget);
  }
  if (setting.kind === 'openai') {
    const { openaiOf } = await import('./openai.ts');
    return openaiOf(setting, lane, parts, budget);
  }
  const { commandOf } = await import('./command.ts');
  const command = await commandOf(setting, lane, parts, budget);
  const flow = { ahead: null, parallel: setting.parallel * setting.ideasPerCall };
  const alone = setting.fallback === 'none';
  const told = (sentence: string) => parts.observer.happened({ kind: 'held', sentence });
  const proposer = alone
    ? command.proposer
    : new MixedProposer([part(command.proposer, 1, false), part(proposerOf('builtin'), 0, true)], told);
  return { proposer, flow, freeIdeas: !alone, whyNot: command.whyNot };
}

async function mixOf(
  setting: MixSetting,
  lane: string,
  parts: ProposerSurroundings,
  budget: Budget,
): Promise<Made> {
  const shares = Object.entries(setting.mix);
  const made = await Promise.all(shares.map(([kind]) => oneOf(partOf(kind, setting), lane, parts, budget)));
  const told = (sentence: string) => parts.observer.happened({ kind: 'held', sentence });
  const proposer = new MixedProposer(
    made.map((one, i) => part(one.proposer, shares[i]![1], one.flow === null)),
    told,
  );
  const flows = made.flatMap(({ flow }) => (flow === null ? [] : [flow]));
  return {
    proposer,
    // Whoever takes longest says how far ahead is asked.
    flow:
      flows.length === 0
        ? null
        : { ahead: flows.find(({ ahead }) => ahead !== null)?.ahead ?? null, parallel: null },
    freeIdeas: made.some((one) => one.freeIdeas),
    async whyNot() {
      const problems = await Promise.all(made.map((one) => one.whyNot()));
      return problems.find((problem) => problem !== null) ?? null;
    },
  };
}

function part(proposer: Proposer, share: number, instant: boolean): Part {
  return { proposer, share, instant };
}
