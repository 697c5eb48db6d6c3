// The two refs of a lane, and the one way in which they change.
import { plumb } from './command.ts';
import { GitFailed, LockedRepository, lockIn } from './failure.ts';
import { type GitObject, packOf } from './object.ts';
import type { ObjectReader } from './reader.ts';

const NONE = '0'.repeat(40);

/** A ref, the commit it must be at (null: it must not be there), and the commit it gets. */
export interface Move {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string;
}

export class Refs {
  readonly repo: string;
  readonly branch: string;
  readonly writer: string;

  constructor(repo: string, lane: string) {
    if (!/^\w[\w.-]{0,99}$/.test(lane) || /\.\.|\.$|\.lock$/.test(lane)) {
      throw new Error(`${JSON.stringify(lane)} cannot name a branch; use letters, digits and dashes`);
    }
    this.repo = repo;
    this.branch = `refs/heads/autoresearch/${lane}`;
    this.writer = `refs/autoresearch/${lane}/writer`;
  }

  /** Both commits, as they stood at one moment; null where the ref is not there. */
  async read(reader: ObjectReader): Promise<{ tip: GitObject | null; writer: GitObject | null }> {
    for (;;) {
      const [before, tip, writer] = await Promise.all([
        reader.read(this.writer),
        reader.read(this.branch),
        reader.read(this.writer),
      ]);
      if (before?.sha === writer?.sha) return { tip, writer };
    }
  }

  /** Writes the objects, durably. Objects that are there already are left alone. */
  async store(objects: readonly GitObject[]): Promise<void> {
    const refused = await plumb(this.repo, ['unpack-objects', '-q', '--strict'], packOf(objects));
    if (refused !== null) throw new GitFailed(this.repo, 'unpack-objects', refused);
  }

  /** Moves all refs or none. null: done. Else git's words: one is elsewhere, or is locked. */
  swap(moves: readonly Move[]): Promise<string | null> {
    const lines = moves.map(({ ref, from, to }) => `update ${ref} ${to} ${from ?? NONE}\n`);
    return plumb(this.repo, ['update-ref', '--stdin'], `start\n${lines.join('')}prepare\ncommit\n`);
  }

  /** What to throw when a swap is refused though every ref is where it should be. */
  refusal(stderr: string): Error {
    const lock = lockIn(stderr);
    return lock ? new LockedRepository(lock) : new GitFailed(this.repo, 'update-ref', stderr);
  }
}
