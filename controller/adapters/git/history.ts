// The branch as it is read back: every commit must be one that autoresearch makes, on the one before it (I4, I10).
import { hash } from 'node:crypto';
import type { AcceptedCommit } from '../../ports.ts';
import { MissingCommit } from './errors.ts';
import { Folder } from './folder.ts';
import { commitOf, type GitObject, type Parts, partsOf } from './object.ts';
import type { ObjectReader } from './reader.ts';
import { decodeMessage } from './trailers.ts';

export interface History {
  /** The good commits, oldest first. */
  readonly kept: readonly AcceptedCommit[];
  /** What all of them have around their train.py; null where there are none. */
  readonly folder: Folder | null;
  /** Why the branch does not end with the last of them (a clause), or null. */
  readonly foreign: string | null;
}

export const noHistory: History = { kept: [], folder: null, foreign: null };

/** The history that ends at `tip`. Commits that `known` holds are not read again; one that is gone is foreign. */
export async function readHistory(
  reader: ObjectReader,
  tip: GitObject | null,
  known: History,
): Promise<History> {
  const last = known.kept.at(-1)?.decision;
  if (last && last.commit === tip?.sha) return { ...known, foreign: null };
  const commits = await walk(reader, tip, last?.commit);
  if (commits === null) {
    return { ...known, foreign: `commit ${last!.commit} (experiment ${last!.experiment}) is gone from it` };
  }
  const trees = await Promise.all(commits.map((commit) => reader.need(commit.tree)));
  const folder = known.folder ?? (trees[0] ? Folder.from(trees[0]) : null);
  const blobs = trees.map((tree) => folder?.trainPyIn(tree) ?? null);
  const files = await Promise.all(blobs.map((blob) => (blob ? reader.need(blob) : null)));
  const kept = [...known.kept];
  for (const [i, commit] of commits.entries()) {
    const found = examine(commit, files[i] ?? null, kept);
    if (typeof found === 'string') {
      const title = JSON.stringify(commit.message.split('\n')[0]!.slice(0, 80));
      const foreign = `commit ${commit.sha.slice(0, 12)} ${title} by ${commit.author}: ${found}`;
      return { kept, folder: kept.length > 0 ? folder : null, foreign };
    }
    kept.push(found);
  }
  return { kept, folder, foreign: null };
}

/** Commits after `since` up to `tip`, oldest first; null where `tip` does not descend from `since`. */
async function walk(
  reader: ObjectReader,
  tip: GitObject | null,
  since: string | undefined,
): Promise<Parts[] | null> {
  const commits = tip ? [partsOf(tip)] : [];
  let next = tip ? commits[0]!.parents[0] : undefined;
  // Ancestors are asked for by number, many at a time: one by one, a long history costs a round trip each.
  for (let many = 4; next !== since; many = Math.min(2 * many, 128)) {
    if (next === undefined) return null;
    const names = Array.from({ length: many }, (_, n) => `${next}~${n}`);
    for (const commit of await Promise.all(names.map((name) => reader.read(name)))) {
      if (next === undefined || next === since) break;
      if (!commit) throw new MissingCommit(next);
      commits.push(partsOf(commit));
      next = commits.at(-1)!.parents[0];
    }
  }
  return commits.reverse();
}

/** The keep that a commit is, or why it is none. `trainPy` is null where its folder is not that of the lane. */
function examine(
  commit: Parts,
  trainPy: GitObject | null,
  earlier: readonly AcceptedCommit[],
): AcceptedCommit | string {
  const before = earlier.at(-1);
  const decoded = decodeMessage(commit.message);
  if (decoded.kind === 'unreadable') return decoded.sentence;
  const { draft } = decoded;
  const parent = before?.decision.commit ?? null;
  const ours = commitOf({ ...commit, parent, seconds: secondsOf(draft.timestampMs) });
  if (ours.sha !== commit.sha) return 'its author, date or parents are not those of a keep';
  if (draft.status !== 'keep' || draft.tip !== parent) return 'it is not a keep on its parent';
  if (trainPy === null) return 'it changes more than train.py';
  if (hash('sha256', trainPy.bytes) !== draft.trainSha256)
    return 'its train.py is not the one that was measured';
  const back =
    draft.source === 'retract' && earlier.some((k) => k.decision.trainSha256 === draft.trainSha256);
  if (draft.valBpb === null || (!back && draft.valBpb >= (before?.decision.valBpb ?? Infinity))) {
    return 'its metric is not lower than that of its parent';
  }
  return { decision: { ...draft, commit: commit.sha }, trainPy: trainPy.bytes.toString('utf8') };
}

/** A commit's date: whole seconds, and never before 1970, which git cannot write. */
export function secondsOf(timestampMs: number): number {
  return Math.max(0, Math.floor(timestampMs / 1000));
}
