// The branch as it is read back: every commit must be one that autoresearch makes, on the one before it (I4, I10).
import { hash } from 'node:crypto';
import { decodeMessage } from '../../core/trailers.ts';
import type { Kept } from '../../ports.ts';
import { commitOf, type Entries, entriesOf, type GitObject, type Parts, partsOf } from './object.ts';
import type { ObjectReader } from './reader.ts';

export const TRAIN_PY = 'train.py';
export const FILE = '100644';

/** A commit that was read and found good. */
export interface Link {
  readonly kept: Kept;
  readonly entries: Entries;
}

/** The good commits, oldest first, and why the branch does not end with the last of them (a clause), or null. */
export interface History {
  readonly links: readonly Link[];
  readonly foreign: string | null;
}

export const noHistory: History = { links: [], foreign: null };

/** The history that ends at `tip`. Commits that `known` holds are not read again; one that is gone is foreign. */
export async function readHistory(
  reader: ObjectReader,
  tip: GitObject | null,
  known: History,
): Promise<History> {
  const last = known.links.at(-1)?.kept.decision;
  const commits = await walk(reader, tip, last?.commit);
  if (commits === null) {
    return { ...known, foreign: `commit ${last!.commit} (experiment ${last!.experiment}) is gone from it` };
  }
  const trees = await Promise.all(commits.map(({ tree }) => readEntries(reader, tree)));
  const files = await Promise.all(trees.map((entries) => readTrainPy(reader, entries)));
  const links = [...known.links];
  for (const [i, commit] of commits.entries()) {
    const link = examine(commit, trees[i]!, files[i]!, links.at(-1));
    if (typeof link === 'string') {
      const title = JSON.stringify(commit.message.split('\n')[0]!.slice(0, 80));
      return { links, foreign: `commit ${commit.sha.slice(0, 12)} ${title} by ${commit.author}: ${link}` };
    }
    links.push(link);
  }
  return { links, foreign: null };
}

/** Commits after `since` up to `tip`, oldest first; null where `tip` does not descend from `since`. */
async function walk(
  reader: ObjectReader,
  tip: GitObject | null,
  since: string | undefined,
): Promise<Parts[] | null> {
  const commits: Parts[] = [];
  for (let sha = tip?.sha; sha !== since; sha = commits.at(-1)!.parents[0]) {
    if (sha === undefined) return null;
    const commit = commits.length === 0 ? tip : await reader.read(sha);
    if (commit?.kind !== 'commit') {
      throw new Error(`commit ${sha} is missing: restore the repository from a clone or an export`);
    }
    commits.push(partsOf(commit));
  }
  return commits.reverse();
}

async function readEntries(reader: ObjectReader, sha: string): Promise<Entries> {
  const tree = await reader.read(sha);
  return tree ? entriesOf(tree) : new Map();
}

async function readTrainPy(reader: ObjectReader, entries: Entries): Promise<string | null> {
  const entry = entries.get(TRAIN_PY);
  const blob = entry ? await reader.read(entry.sha) : null;
  return blob?.kind === 'blob' ? blob.bytes.toString('utf8') : null;
}

/** The link that a commit is, or why it is none. */
function examine(
  commit: Parts,
  entries: Entries,
  trainPy: string | null,
  before: Link | undefined,
): Link | string {
  const decoded = decodeMessage(commit.message);
  if (decoded.kind === 'unreadable') return decoded.sentence;
  const { draft } = decoded;
  const parent = before?.kept.decision.commit ?? null;
  const ours = commitOf({ ...commit, parent, seconds: secondsOf(draft.timestampMs) });
  if (ours.sha !== commit.sha) return 'its author, date or parents are not those of a keep';
  if (draft.status !== 'keep' || draft.tip !== parent) return 'it is not a keep on its parent';
  if (trainPy === null || hash('sha256', trainPy) !== draft.trainSha256) {
    return 'its train.py is not the one that was measured';
  }
  if (before && !onlyTrainPyDiffers(before.entries, entries)) return 'it changes more than train.py';
  if (draft.valBpb === null || draft.valBpb >= (before?.kept.decision.valBpb ?? Infinity)) {
    return 'its metric is not lower than that of its parent';
  }
  return { kept: { decision: { ...draft, commit: commit.sha }, trainPy }, entries };
}

function onlyTrainPyDiffers(before: Entries, after: Entries): boolean {
  return (
    before.size === after.size &&
    [...after].every(([name, { mode, sha }]) => {
      const old = before.get(name);
      return old?.mode === mode && (name === TRAIN_PY || old.sha === sha);
    })
  );
}

/** A commit's date: whole seconds, and never before 1970, which git cannot write. */
export function secondsOf(timestampMs: number): number {
  return Math.max(0, Math.floor(timestampMs / 1000));
}
