// The parts of a mix, each with the setting that it would have alone.
import type { BuiltinProposer } from '../../adapters/builtin/proposers.ts';
import { Failure } from '../../failure.ts';
import { claudeSchema } from '../../settings/claude.ts';
import type { MixSetting, ProposerSetting } from '../../settings/proposer.ts';

export type One = Exclude<ProposerSetting, MixSetting>;

/** The setting of a kind in a mix. Failure 2 where it needs one that is not there. */
export function partOf(kind: string, setting: MixSetting): One {
  const ofAll = { maxUsd: setting.maxUsd, fallback: 'none' as const };
  if (kind === 'anthropic')
    return {
      ...claudeSchema.parse({ kind, maxUsd: 1 }),
      ...setting.anthropic,
      ...ofAll,
      maxUsd: setting.maxUsd!,
    };
  if (kind !== 'openai' && kind !== 'command') return kind as BuiltinProposer;
  const own = setting[kind];
  if (own === undefined)
    throw new Failure(2, `the mix has a share for ${kind}, and no settings of it; add proposer.${kind}`);
  return { ...own, kind, ...ofAll } as One;
}
