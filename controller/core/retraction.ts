// A person's way back from a keep: an older file of the frontier is measured again, and kept by their word.
import type { Decision, Status } from './decision.ts';
import type { Source } from './experiment.ts';

/** sha256 of each train.py on the frontier, and of the tip's; commits that a retraction went back behind. */
export interface FrontierFiles {
  readonly kept: ReadonlySet<string>;
  readonly file: string;
  readonly withdrawn: ReadonlySet<string>;
}

export function frontierFiles(
  kept: readonly Pick<Decision, 'commit' | 'source' | 'trainSha256'>[],
): FrontierFiles {
  const withdrawn = new Set<string>();
  for (const [i, { source, trainSha256 }] of kept.entries()) {
    if (source !== 'retract') continue;
    const target = kept.slice(0, i).findLastIndex((k) => k.trainSha256 === trainSha256);
    for (const { commit } of kept.slice(target + 1, i)) withdrawn.add(commit);
  }
  return { kept: new Set(kept.map((k) => k.trainSha256)), file: kept.at(-1)?.trainSha256 ?? '', withdrawn };
}

/** Where a retraction decides instead of the number; null where it does not. `sha256`: of what was measured, as `bpb`. */
export function afterRetraction(
  { source, base, baseBpb }: { source: Source; base: string | null; baseBpb: number | null },
  sha256: string,
  bpb: number,
  { kept, file, withdrawn }: FrontierFiles,
): { readonly status: Status; readonly reason: string; readonly sentence: string } | null {
  if (source === 'retract' && kept.has(sha256) && sha256 !== file)
    return { status: 'keep', reason: 'retracted', sentence: 'a person went back to this file' };
  if (base === null || !withdrawn.has(base) || kept.has(sha256)) return null;
  // With all of its file what was retracted would come back; its own gain is carried onto the tip.
  const gains = baseBpb !== null && bpb < baseBpb;
  const sentence = `${gains ? '' : 'not '}better than what it was made on, which a person retracted`;
  return { status: 'discard', reason: gains ? 'stale' : 'worse', sentence };
}
