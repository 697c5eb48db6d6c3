// A person's way back from a keep: an older file of the frontier is measured again, and kept by their word.
import type { Decision, Status } from './decision.ts';
import type { Source } from './experiment.ts';

type Kept = Pick<Decision, 'commit' | 'source' | 'trainSha256'>;

/** The frontier's files, oldest first in `kept`; the tip's own; commits that a retraction went back behind. */
export interface FrontierFiles {
  /** sha256 of the train.py of every commit on the frontier. */
  readonly kept: ReadonlySet<string>;
  readonly file: string;
  readonly withdrawn: ReadonlySet<string>;
}

export function frontierFiles(kept: readonly Kept[]): FrontierFiles {
  const withdrawn = new Set<string>();
  for (const [i, { source, trainSha256 }] of kept.entries()) {
    if (source !== 'retract') continue;
    const target = kept.slice(0, i).findLastIndex((k) => k.trainSha256 === trainSha256);
    for (const { commit } of kept.slice(target + 1, i)) withdrawn.add(commit);
  }
  const files = new Set(kept.map((k) => k.trainSha256));
  return { kept: files, file: kept.at(-1)?.trainSha256 ?? '', withdrawn };
}

interface Measured {
  readonly source: Source;
  readonly base: string | null;
  readonly baseBpb: number | null;
}

/** Where a retraction decides instead of the number; null where it does not. `sha256`: of what was measured, as `bpb`. */
export function afterRetraction(
  { source, base, baseBpb }: Measured,
  sha256: string,
  bpb: number,
  { kept, file, withdrawn }: FrontierFiles,
): { readonly status: Status; readonly reason: string; readonly sentence: string } | null {
  if (source === 'retract' && kept.has(sha256) && sha256 !== file)
    return { status: 'keep', reason: 'retracted', sentence: 'a person went back to this file' };
  if (base === null || !withdrawn.has(base) || kept.has(sha256)) return null;
  // With all of its file what was retracted would come back; its own gain is carried onto the tip.
  const on = 'what it was made on, which a person retracted';
  if (baseBpb !== null && bpb < baseBpb)
    return { status: 'discard', reason: 'stale', sentence: `better than ${on}` };
  return { status: 'discard', reason: 'worse', sentence: `not better than ${on}` };
}
