// The frontier without git: one object stands for the repository, and any number of controllers may share it.
import type { Draft } from '../../controller/core/decision.ts';
import type { AcceptedCommit, Claim, Frontier, FrontierView, Keeping } from '../../controller/ports.ts';

export class MemoryFrontier implements Frontier {
  #kept: AcceptedCommit[] = [];
  /** What views share until something is kept. */
  #seen: readonly AcceptedCommit[] | null = null;
  #writer: string | null = null;
  #epoch = 0;
  #foreign: string | null = null;

  async view(): Promise<FrontierView> {
    this.#seen ??= this.#kept.slice();
    return { kept: this.#seen, writer: this.#writer, foreign: this.#foreign };
  }

  async claim(): Promise<Claim> {
    this.#epoch = Math.max(this.#epoch, this.#kept.at(-1)?.decision.epoch ?? 0) + 1;
    this.#writer = fakeSha(`claim ${this.#epoch} ${this.#writer}`);
    return { epoch: this.#epoch, writer: this.#writer };
  }

  async keep(draft: Draft, trainPy: string, claim: Claim): Promise<Keeping> {
    const commit = await this.sha(draft, trainPy);
    const next = { epoch: claim.epoch, writer: fakeSha(`keep ${commit} ${claim.writer}`) };
    if (this.#tip === commit && this.#writer === next.writer) return { kind: 'kept', commit, claim: next };
    if (this.#writer !== claim.writer) {
      return { kind: 'fenced', sentence: 'another controller claimed the lane; this one must stop' };
    }
    if (this.#foreign !== null || this.#tip !== draft.tip) {
      return { kind: 'moved', sentence: 'the branch moved while this was decided: judge it again' };
    }
    this.#kept.push({ decision: { ...draft, commit }, trainPy });
    this.#seen = null;
    this.#writer = next.writer;
    return { kind: 'kept', commit, claim: next };
  }

  async sha(draft: Draft, trainPy: string): Promise<string> {
    return fakeSha(`${JSON.stringify(draft)}\0${trainPy}`);
  }

  /** A person puts a commit of their own onto the branch. */
  personCommits(): void {
    this.#foreign = 'a person committed to the branch; take the commit off it, then start again';
  }

  /** A person takes the newest commit off the branch. */
  personRewinds(): void {
    this.#kept.pop();
    this.#seen = null;
    this.#foreign = 'a commit is gone from the branch; put it back, then start again';
  }

  get #tip(): string | null {
    return this.#kept.at(-1)?.decision.commit ?? null;
  }
}

/** 40 hex digits that depend on all of `text`: two rounds of multiply and xor, spread over five words. Not a hash for secrets. */
function fakeSha(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5f356495);
    b ^= b >>> 13;
  }
  let sha = '';
  for (let word = 0; word < 5; word++) {
    a = Math.imul(a ^ (b >>> 15), 0x85ebca6b) + word;
    b = Math.imul(b ^ (a >>> 13), 0xc2b2ae35);
    sha += ((a ^ b) >>> 0).toString(16).padStart(8, '0');
  }
  return sha;
}
