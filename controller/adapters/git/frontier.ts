// The frontier on a bare git repository. No working tree, no index: objects are written, then two refs move at once.
import { hash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Draft } from '../../core/decision.ts';
import { decodeMessage, encodeMessage } from '../../core/trailers.ts';
import type { Claim, Frontier, FrontierView, Keeping } from '../../ports.ts';
import { FILE, noHistory, readHistory, secondsOf, TRAIN_PY } from './history.ts';
import { commitOf, type Entries, entriesOf, type GitObject, objectOf, partsOf, treeOf } from './object.ts';
import { ObjectReader } from './reader.ts';
import { Refs } from './refs.ts';
import { prepareRepository } from './repository.ts';
import { claimCommit, emptyTree, keepCommit, writerOf } from './writer.ts';

/** Swaps that are tried before a lock counts as stale; git itself waits half a second in each. */
const SWAPS = 3;
/** Races for the claim that are run before giving up. */
const RACES = 50;

export interface GitFrontierOptions {
  /** Path of the bare repository; the first claim makes it. */
  readonly repo: string;
  readonly lane: string;
  /** The runnable folder of the first commit without its train.py: file name → bytes. */
  readonly folder: ReadonlyMap<string, Uint8Array>;
}

/** Throws GitFailed, LockedRepository or GitMissing where git cannot do its work. */
export class GitFrontier implements Frontier {
  readonly #refs: Refs;
  readonly #folder: readonly GitObject[];
  readonly #baseline: Entries;
  #history = noHistory;
  #prepared: Promise<void> | null = null;

  constructor({ repo, lane, folder }: GitFrontierOptions) {
    this.#refs = new Refs(resolve(repo), lane);
    const files = [...folder].map(([name, bytes]) => ({ name, blob: objectOf('blob', bytes) }));
    this.#folder = files.map(({ blob }) => blob);
    this.#baseline = new Map(files.map(({ name, blob }) => [name, { mode: FILE, sha: blob.sha }]));
  }

  async view(): Promise<FrontierView> {
    const there = await stat(join(this.#refs.repo, 'HEAD')).catch(() => null);
    if (!there && this.#history === noHistory) return { kept: [], writer: null, foreign: null };
    return this.#reading(async (reader) => {
      const { tip, writer } = await this.#refs.read(reader);
      this.#history = await readHistory(reader, tip, this.#history);
      const kept = this.#history.links.map((link) => link.kept);
      return { kept, writer: writer?.sha ?? null, foreign: this.#foreign(writer) };
    });
  }

  async claim(): Promise<Claim> {
    await this.#ready();
    let refused = '';
    for (let swaps = 0, races = 0; swaps < SWAPS && races < RACES; ) {
      const { tip, writer } = await this.#reading((reader) => this.#refs.read(reader));
      const old = writer && writerOf(writer);
      if (writer && !old) throw new Error(this.#strangeWriter());
      const epoch = 1 + Math.max(old?.epoch ?? 0, epochOf(tip));
      // What the writer says was kept last is handed on as it is: a branch that was moved meanwhile then shows.
      const commit = claimCommit(epoch, writer?.sha ?? null, old ? old.tip : (tip?.sha ?? null), Date.now());
      await this.#refs.store([emptyTree, commit]);
      const move = { ref: this.#refs.writer, from: writer?.sha ?? null, to: commit.sha };
      const answer = await this.#refs.swap([move]);
      if (answer === null) return { epoch, writer: commit.sha };
      refused = answer;
      const now = await this.#reading((reader) => this.#refs.read(reader));
      if (now.writer?.sha === commit.sha) return { epoch, writer: commit.sha };
      if (now.writer?.sha === writer?.sha) swaps++;
      else races++;
    }
    throw this.#refs.refusal(refused);
  }

  async keep(draft: Draft, trainPy: string, claim: Claim): Promise<Keeping> {
    if (hash('sha256', trainPy) !== draft.trainSha256)
      throw new Error('a keep must be what was measured (I10)');
    await this.#ready();
    const before = await this.#entriesAt(draft.tip);
    if (!before) return this.#moved(`it does not hold ${draft.tip}`);
    const { blob, tree, commit } = this.#build(draft, trainPy, before);
    const writer = keepCommit(claim, commit.sha, secondsOf(draft.timestampMs));
    const kept: Keeping = {
      kind: 'kept',
      commit: commit.sha,
      claim: { epoch: claim.epoch, writer: writer.sha },
    };
    await this.#refs.store([...(draft.tip === null ? this.#folder : []), blob, tree, commit, writer]);
    let from = { tip: draft.tip, writer: claim.writer };
    let refused = '';
    for (let swaps = 0; swaps < SWAPS; swaps++) {
      const answer = await this.#refs.swap([
        { ref: this.#refs.branch, from: from.tip, to: commit.sha },
        { ref: this.#refs.writer, from: from.writer, to: writer.sha },
      ]);
      if (answer === null) return kept;
      refused = answer;
      const now = await this.#reading((reader) => this.#refs.read(reader));
      const [tip, last] = [now.tip?.sha ?? null, now.writer?.sha];
      if (last !== claim.writer && last !== writer.sha) {
        return { kind: 'fenced', sentence: `another controller has claimed the lane: this one must stop` };
      }
      if (tip !== draft.tip && tip !== commit.sha) return this.#moved(`it is at ${tip}, not at ${draft.tip}`);
      // The answer to an earlier try was lost, or its git was killed between the two refs.
      if (tip === commit.sha && last === writer.sha) return kept;
      from = { tip, writer: last };
    }
    throw this.#refs.refusal(refused);
  }

  async sha(draft: Draft, trainPy: string): Promise<string> {
    const before = await this.#entriesAt(draft.tip);
    if (!before)
      throw new Error(`${this.#refs.repo} does not hold ${draft.tip}: restore it from a clone or an export`);
    return this.#build(draft, trainPy, before).commit.sha;
  }

  #build(draft: Draft, trainPy: string, before: Entries) {
    const blob = objectOf('blob', trainPy);
    const mode = before.get(TRAIN_PY)?.mode ?? FILE;
    const tree = treeOf(new Map(before).set(TRAIN_PY, { mode, sha: blob.sha }));
    const seconds = secondsOf(draft.timestampMs);
    const commit = commitOf({ tree: tree.sha, parent: draft.tip, seconds, message: encodeMessage(draft) });
    return { blob, tree, commit };
  }

  /** The folder at a commit; null where the repository does not hold it. */
  async #entriesAt(commit: string | null): Promise<Entries | null> {
    if (commit === null) return this.#baseline;
    const link = this.#history.links.findLast(({ kept }) => kept.decision.commit === commit);
    if (link) return link.entries;
    const tree = await this.#reading((reader) => reader.read(`${commit}^{tree}`));
    return tree && entriesOf(tree);
  }

  async #reading<T>(read: (reader: ObjectReader) => Promise<T>): Promise<T> {
    const reader = new ObjectReader(this.#refs.repo);
    try {
      return await read(reader);
    } finally {
      await reader.end();
    }
  }

  #ready(): Promise<void> {
    this.#prepared ??= prepareRepository(this.#refs.repo, this.#refs.branch).catch((error) => {
      this.#prepared = null;
      throw error;
    });
    return this.#prepared;
  }

  #moved(how: string): Keeping {
    return { kind: 'moved', sentence: `the branch moved while this was decided (${how}): judge it anew` };
  }

  #strangeWriter(): string {
    const { repo, writer } = this.#refs;
    return `${writer} was not written by autoresearch: put back the commit it was at with git --git-dir=${repo} update-ref ${writer} SHA`;
  }

  /** Why the branch cannot be trusted, with the command that puts it back; null where it can. */
  #foreign(writer: GitObject | null): string | null {
    const { repo, branch } = this.#refs;
    const { links, foreign } = this.#history;
    const git = `git --git-dir=${repo} update-ref`;
    const said = writer && writerOf(writer);
    if (writer && !said) return this.#strangeWriter();
    const good = links.at(-1)?.kept.decision.commit;
    if (foreign !== null) {
      const back = good ? `${git} ${branch} ${good}` : `${git} -d ${branch}`;
      return `${branch} is not as this lane left it: ${foreign}. An edit of yours goes in with autoresearch try; put the branch back with ${back}`;
    }
    const tip = said?.tip ?? null;
    if (tip === null || links.some(({ kept }) => kept.decision.commit === tip)) return null;
    return `${branch} is not as this lane left it: commit ${tip}, which it kept, is gone from it. Put it back with ${git} ${branch} ${tip}`;
  }
}

/** The epoch of the decision that a commit carries; 0 where it carries none. */
function epochOf(tip: GitObject | null): number {
  const decoded = tip && decodeMessage(partsOf(tip).message);
  return decoded?.kind === 'draft' ? decoded.draft.epoch : 0;
}
