// The frontier on a bare git repository. No working tree, no index: objects are written, then two refs move at once.
import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Decision, Draft } from '../../core/decision.ts';
import type { Claim, Frontier, FrontierView, Keeping } from '../../ports.ts';
import { isRot } from './errors.ts';
import { Folder } from './folder.ts';
import { type History, noHistory, readHistory, secondsOf } from './history.ts';
import { commitOf, type GitObject, objectOf, partsOf } from './object.ts';
import { ObjectReader } from './reader.ts';
import { type Ends, LocalRefs, type Refs, storeObjects } from './refs.ts';
import type { Remote } from './remote.ts';
import { RemoteRefs } from './remote-refs.ts';
import { decodeMessage, encodeMessage } from './trailers.ts';
import { claimCommit, emptyTree, keepCommit, writerOf } from './writer.ts';

/** Swaps that are tried before a lock counts as stale; git itself waits 0.3 s in each. */
const SWAPS = 3;
/** Races for the claim that are run before giving up. */
const RACES = 50;

interface GitFrontierOptions {
  /** Path of the bare repository; the first claim makes it. With a remote it is its clone, which may be lost. */
  readonly repo: string;
  readonly remote?: Remote | null;
  readonly lane: string;
  /** The runnable folder of the first commit: file name → bytes. Its train.py is the one that is kept. */
  readonly folder: ReadonlyMap<string, Uint8Array>;
}

/** Throws GitFailed, LockedRepository or GitMissing where git cannot do its work. */
export class GitFrontier implements Frontier {
  readonly #refs: Refs;
  readonly #files: readonly GitObject[];
  readonly #folder: Folder;
  #history = noHistory;
  /** The last view, which holds for as long as both refs are where they were. */
  #seen: FrontierView | null = null;
  /** Writers that are no other controller's doing: as this one last saw it, or tried to make it since. */
  #known = new Set<string | null>();
  #prepared: Promise<void> | null = null;

  constructor({ repo, remote, lane, folder }: GitFrontierOptions) {
    const path = resolve(repo);
    this.#refs = remote ? new RemoteRefs(path, lane, remote) : new LocalRefs(path, lane);
    const others = [...folder].filter(([name]) => name !== 'train.py');
    const files = others.map(([name, bytes]) => ({ name, blob: objectOf('blob', bytes) }));
    this.#files = files.map(({ blob }) => blob);
    this.#folder = Folder.of(new Map(files.map(({ name, blob }) => [name, blob.sha])));
  }

  async view(): Promise<FrontierView> {
    if (!(await this.#there()) && this.#history === noHistory)
      return { kept: [], writer: null, foreign: null };
    const seen = this.#seen;
    const now = await this.#refs.glance();
    if (seen && now && now.writer === seen.writer && now.tip === (seen.kept.at(-1)?.decision.commit ?? null))
      return this.#told(seen);
    // Taken before the refs are read: views may overlap, and a tip that is older than what is known would look rewritten.
    const known = this.#history;
    return this.#reading(async (reader) => {
      const { tip, writer } = await this.#refs.read(reader);
      const history = await readHistory(reader, tip, known);
      this.#history = history;
      const foreign = await this.#foreign(reader, { tip, writer }, history);
      const view = { kept: history.kept, writer: writer?.sha ?? null, foreign };
      // A repository that somebody else has changed is looked at anew each time.
      this.#seen = foreign === null ? view : null;
      return this.#told(view);
    });
  }

  #told(view: FrontierView): FrontierView {
    return this.#known.size === 0 ? view : { ...view, unmoved: this.#known.has(view.writer) };
  }

  async claim(): Promise<Claim> {
    await this.#ready();
    let { tip, writer } = await this.#read();
    let refused = '';
    for (let swaps = 0, races = 0; swaps < SWAPS && races < RACES; ) {
      const old = writer && writerOf(writer);
      if (writer && !old) throw new Error(this.#strangeWriter(writer.sha));
      const ours = tip && draftOf(tip);
      const epoch = 1 + Math.max(old?.epoch ?? 0, ours?.epoch ?? 0);
      // What the writer says was kept last is handed on as it is: a branch that was moved meanwhile then shows.
      const last = old ? old.tip : ours && tip!.sha;
      const commit = claimCommit(epoch, writer?.sha ?? null, last, Date.now());
      await storeObjects(this.#refs.repo, [emptyTree, commit]);
      const from = writer?.sha ?? null;
      this.#known.add(from).add(commit.sha);
      const answer = await this.#refs.swap([{ ref: this.#refs.writer, from, to: commit.sha }]);
      if (answer === null) {
        this.#known = new Set([commit.sha]);
        return { epoch, writer: commit.sha };
      }
      refused = answer;
      ({ tip, writer } = await this.#read());
      if (writer && writer.sha !== from) races++;
      else swaps++;
    }
    throw this.#refs.refusal(refused);
  }

  async keep(draft: Draft, trainPy: string, claim: Claim): Promise<Keeping> {
    if (hash('sha256', trainPy) !== draft.trainSha256)
      throw new Error('a keep must be what was measured (I10)');
    await this.#ready();
    const folder = await this.#folderAt(draft.tip);
    if (!folder) return this.#moved(`it does not hold ${draft.tip}`);
    const { blob, tree, commit } = this.#build(draft, trainPy, folder);
    const writer = keepCommit(claim, commit.sha, secondsOf(draft.timestampMs));
    const kept: Keeping = { kind: 'kept', commit: commit.sha, claim: { ...claim, writer: writer.sha } };
    const files = draft.tip === null ? this.#files : [];
    await storeObjects(this.#refs.repo, [...files, blob, tree, commit, writer]);
    if (draft.tip === null) await this.#refs.announce();
    this.#known.add(writer.sha);
    let from = { tip: draft.tip, writer: claim.writer };
    let refused = '';
    for (let swaps = 0; swaps < SWAPS; swaps++) {
      const answer = await this.#refs.swap([
        { ref: this.#refs.branch, from: from.tip, to: commit.sha },
        { ref: this.#refs.writer, from: from.writer, to: writer.sha },
      ]);
      if (answer === null) {
        this.#note({ ...draft, commit: commit.sha }, trainPy, writer.sha);
        this.#known = new Set([writer.sha]);
        return kept;
      }
      refused = answer;
      const now = await this.#read();
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

  /** Takes in a keep of our own: what was just written need not be read. */
  #note(decision: Decision, trainPy: string, writer: string): void {
    const { kept, folder } = this.#history;
    if (folder === null || kept.at(-1)?.decision.commit !== decision.tip) return;
    this.#history = { kept: [...kept, { decision, trainPy }], folder, foreign: null };
    this.#seen = { kept: this.#history.kept, writer, foreign: null };
  }

  async sha(draft: Draft, trainPy: string): Promise<string> {
    const folder = await this.#folderAt(draft.tip);
    if (!folder)
      throw new Error(`${this.#refs.repo} does not hold ${draft.tip}: restore it from a clone or an export`);
    return this.#build(draft, trainPy, folder).commit.sha;
  }

  #build(draft: Draft, trainPy: string, folder: Folder) {
    const blob = objectOf('blob', trainPy);
    const tree = folder.with(blob.sha);
    const seconds = secondsOf(draft.timestampMs);
    const commit = commitOf({ tree: tree.sha, parent: draft.tip, seconds, message: encodeMessage(draft) });
    return { blob, tree, commit };
  }

  /** The folder at a commit; null where the repository holds no such commit of ours. */
  async #folderAt(commit: string | null): Promise<Folder | null> {
    if (commit === null) return this.#folder;
    const { kept, folder } = this.#history;
    if (kept.some(({ decision }) => decision.commit === commit)) return folder;
    if (!(await this.#there())) return null;
    const tree = await this.#reading((reader) => reader.read(`${commit}^{tree}`));
    return tree && Folder.from(tree);
  }

  #read(): Promise<Ends> {
    return this.#reading((reader) => this.#refs.read(reader));
  }

  async #reading<T>(read: (reader: ObjectReader) => Promise<T>): Promise<T> {
    try {
      return await readingOf(this.#refs.repo, read);
    } catch (error) {
      if (!isRot(error) || !(await this.#refs.renew())) throw error;
      return await readingOf(this.#refs.repo, read);
    }
  }

  #ready(): Promise<void> {
    this.#prepared ??= this.#refs.prepare().catch((error) => {
      this.#prepared = null;
      throw error;
    });
    return this.#prepared;
  }

  /** A repository that is only read is not made; the clone of a remote is. */
  async #there(): Promise<boolean> {
    if (this.#refs.cached) await this.#ready();
    return this.#prepared !== null || (await this.#refs.there());
  }

  #moved(how: string): Keeping {
    return { kind: 'moved', sentence: `the branch moved while this was decided (${how}): judge it again` };
  }

  #strangeWriter(now: string): string {
    const { writer } = this.#refs;
    return `${writer} was not written by autoresearch: put back the commit it was at with git ${this.#refs.putBack(writer, now, 'SHA')}`;
  }

  /** Why the branch cannot be trusted, with the command that puts it back; null where it can. */
  async #foreign(
    reader: ObjectReader,
    { tip, writer }: Ends,
    { kept, foreign }: History,
  ): Promise<string | null> {
    const said = writer && writerOf(writer);
    if (writer && !said) return this.#strangeWriter(writer.sha);
    const last = said?.tip ?? null;
    const holds = last === null || kept.some(({ decision }) => decision.commit === last);
    if (foreign === null && holds) return null;
    const { branch } = this.#refs;
    const why = foreign ?? `commit ${last}, which was kept, is gone from it`;
    const left = `${branch} is not as this lane left it: ${why}. An edit of yours goes in with autoresearch try; put the branch back with git `;
    const good = holds ? kept.at(-1)?.decision.commit : last;
    if (!good) return left + this.#refs.setAside(tip!.sha);
    if (!(await reader.read(good)) && !(await this.#refs.recover(good))) await reader.need(good);
    return left + this.#refs.putBack(branch, tip?.sha ?? null, good);
  }
}

/** Asks the repository things of one moment. */
async function readingOf<T>(repo: string, read: (reader: ObjectReader) => Promise<T>): Promise<T> {
  const reader = new ObjectReader(repo);
  try {
    return await read(reader);
  } finally {
    await reader.end();
  }
}

/** The decision that a commit carries; null where it carries none. */
function draftOf(commit: GitObject): Draft | null {
  const decoded = decodeMessage(partsOf(commit).message);
  return decoded.kind === 'draft' ? decoded.draft : null;
}
