// The two refs of a lane, and the one way in which they change: all at once, each from where it must be.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { plumb } from './command.ts';
import { GitFailed, LockedRepository, lockIn } from './errors.ts';
import { type GitObject, packOf } from './object.ts';
import type { ObjectReader } from './reader.ts';
import { isRepository, pointHead, prepareRepository } from './repository.ts';

const NONE = '0'.repeat(40);

/** A ref, the commit it must be at (null: it must not be there), and the commit it gets. */
export interface RefUpdate {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string;
}

/** Both commits, as they stood at one moment; null where the ref is not there. */
export interface Ends {
  readonly tip: GitObject | null;
  readonly writer: GitObject | null;
}

/** The names of both commits; null where the ref is not there. */
export interface Shas {
  readonly tip: string | null;
  readonly writer: string | null;
}

/** Where the refs are, and how one gets at them. */
export interface Refs {
  /** The repository here, which objects are read from and written to. */
  readonly repo: string;
  readonly branch: string;
  readonly writer: string;
  /** The repository here is a cache: it may be made for reading alone. */
  readonly cached: boolean;
  /** Whether there is a repository to read from. */
  there(): Promise<boolean>;
  /** Makes the repository where it is missing. Throws where it cannot be used. */
  prepare(): Promise<void>;
  read(reader: ObjectReader): Promise<Ends>;
  /** Where both are at one moment, where that can be told without starting a process; null where it cannot. */
  glance(): Promise<Shas | null>;
  /** Moves all refs or none. null: done. Else git's words: one is elsewhere, or is locked, or nobody knows. */
  swap(updates: readonly RefUpdate[]): Promise<string | null>;
  /** What to throw when a swap is refused though every ref is where it should be. */
  refusal(stderr: string): Error;
  /** Called before the first keep: a plain clone shall give the branch. */
  announce(): Promise<void>;
  /** What to type after `git` to put a ref at a commit, `SHA` for one that a person must find. */
  putBack(ref: string, now: string | null, to: string): string;
  /** The same, to make room: the branch goes on as `set-aside`. */
  setAside(now: string): string;
  /** Brings a commit that no ref leads to any more; false where it cannot be had. */
  recover(sha: string): Promise<boolean>;
  /** Makes the repository anew after an object could not be read; false where it is the only one there is. */
  renew(): Promise<boolean>;
}

/** The names of the refs. Throws on a lane that cannot name a branch. */
export function namesOf(lane: string): { branch: string; writer: string } {
  if (!/^\w[\w.-]{0,99}$/.test(lane) || /\.\.|\.$|\.lock$/.test(lane)) {
    throw new Error(`${JSON.stringify(lane)} cannot name a branch; use letters, digits and dashes`);
  }
  return { branch: `refs/heads/autoresearch/${lane}`, writer: `refs/autoresearch/${lane}/writer` };
}

/** Writes the objects, durably. Objects that are there already are left alone. */
export async function storeObjects(repo: string, objects: readonly GitObject[]): Promise<void> {
  const refused = await plumb(repo, ['unpack-objects', '-q', '--strict'], packOf(objects));
  if (refused !== null) throw new GitFailed(repo, 'unpack-objects', refused);
}

/** Refs in a bare repository of this machine. */
export class LocalRefs implements Refs {
  readonly cached = false;
  readonly repo: string;
  readonly branch: string;
  readonly writer: string;

  constructor(repo: string, lane: string) {
    this.repo = repo;
    ({ branch: this.branch, writer: this.writer } = namesOf(lane));
  }

  there(): Promise<boolean> {
    return isRepository(this.repo);
  }

  prepare(): Promise<void> {
    return prepareRepository(this.repo, this.branch);
  }

  async read(reader: ObjectReader): Promise<Ends> {
    for (;;) {
      const [before, tip, writer] = await Promise.all([
        reader.read(this.writer),
        reader.read(this.branch),
        reader.read(this.writer),
      ]);
      if (before?.sha !== writer?.sha) continue;
      if (tip === null) await this.#refuseRot(reader, this.branch);
      if (writer === null) await this.#refuseRot(reader, this.writer);
      return { tip, writer };
    }
  }

  /** A ref that is there, to an object that is not, looks to git like one that is not there. */
  async #refuseRot(reader: ObjectReader, ref: string): Promise<void> {
    const sha = this.#loose(ref);
    if (sha !== null) await reader.need(sha);
  }

  /**
   * A ref that was moved is a file of its own, which wins over all other places; one that is not is git's to find. A lane
   * without a baseline has a writer and no branch: git need not be asked for what nobody has packed.
   */
  async glance(): Promise<Shas | null> {
    const before = this.#loose(this.writer);
    const tip = this.#loose(this.branch);
    const writer = this.#loose(this.writer);
    if (before === null || before !== writer) return null;
    const nowhere = () => ![this.branch, 'packed-refs'].some((name) => existsSync(join(this.repo, name)));
    return tip !== null || nowhere() ? { tip, writer } : null;
  }

  /** Read at once: two hundred bytes that lie in memory are not worth another thread. */
  #loose(ref: string): string | null {
    let text: string;
    try {
      text = readFileSync(join(this.repo, ref), 'latin1');
    } catch {
      return null; // packed, or not there
    }
    return /^[0-9a-f]{40}\n$/.test(text) ? text.slice(0, 40) : null;
  }

  swap(updates: readonly RefUpdate[]): Promise<string | null> {
    const lines = updates.map(({ ref, from, to }) => `update ${ref} ${to} ${from ?? NONE}\n`);
    return plumb(this.repo, ['update-ref', '--stdin'], `start\n${lines.join('')}prepare\ncommit\n`);
  }

  refusal(stderr: string): Error {
    const lock = lockIn(stderr);
    return lock ? new LockedRepository(lock) : new GitFailed(this.repo, 'update-ref', stderr);
  }

  announce(): Promise<void> {
    return pointHead(this.repo, this.branch);
  }

  putBack(ref: string, _now: string | null, to: string): string {
    return `--git-dir=${this.repo} update-ref ${ref} ${to}`;
  }

  setAside(): string {
    return `--git-dir=${this.repo} branch -m ${this.branch.slice('refs/heads/'.length)} set-aside`;
  }

  async recover(): Promise<boolean> {
    return false;
  }

  async renew(): Promise<boolean> {
    return false;
  }
}
