// Who has the ideas: the setting, and the proposer that it names.
import { proposerOf } from '../adapters/builtin/proposers.ts';
import { Failure } from '../failure.ts';
import type { LaneContext } from '../loop/context.ts';
import type { ProposerSetting } from '../settings/proposer.ts';
import type { LaneProposer } from './claude.ts';

/** `apiKey`: as the environment holds it; it is used only where the setting asks for Claude. Failure 3 where that is in vain. */
export async function laneProposer(
  setting: ProposerSetting,
  lane: string,
  parts: Pick<LaneContext, 'store' | 'clock' | 'inputs' | 'observer'>,
  apiKey: string | undefined,
): Promise<LaneProposer> {
  if (typeof setting === 'string')
    return { proposer: proposerOf(setting), spentUsd: async () => 0, capUsd: null, freeIdeas: true };
  const { claudeOf } = await import('./claude.ts'); // a laptop's loop without Claude does not carry its SDK
  const claude = claudeOf(setting, lane, parts, apiKey);
  const problem = await claude.whyNot();
  if (problem === null) return claude;
  if (!claude.freeIdeas) throw new Failure(3, problem);
  parts.observer.happened({ kind: 'held', sentence: `the fallback has the ideas meanwhile: ${problem}` });
  return claude;
}
