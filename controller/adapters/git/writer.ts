// The writer ref: a chain of small commits that says who may write and which commit was kept last. Every keep moves
// it on, so that whoever compares and swaps it notices all that happened since.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Claim } from '../../ports.ts';
import { commitOf, type GitObject, objectOf, partsOf } from './object.ts';

/** The tree of a writer commit holds nothing. */
export const emptyTree = objectOf('tree', '');

interface Writer {
  readonly sha: string;
  readonly epoch: number;
  /** The commit kept last, null before the baseline. A person who moves the branch cannot change what is said here. */
  readonly tip: string | null;
}

/** A commit that only this controller can have made: a claim must never be mistaken for another. */
export function claimCommit(epoch: number, old: string | null, tip: string | null, nowMs: number): GitObject {
  const subject = `claim ${epoch} by ${hostname()}, process ${process.pid}`;
  return writerCommit(subject, epoch, old, tip, `Nonce: ${randomUUID()}\n`, Math.floor(nowMs / 1000));
}

/** The commit that follows `claim` when `tip` is kept: the same however often it is tried. */
export function keepCommit(claim: Claim, tip: string, seconds: number): GitObject {
  return writerCommit(`keep ${tip}`, claim.epoch, claim.writer, tip, '', seconds);
}

function writerCommit(
  subject: string,
  epoch: number,
  parent: string | null,
  tip: string | null,
  more: string,
  seconds: number,
): GitObject {
  const message = `${subject}\n\nEpoch: ${epoch}\nTip: ${tip ?? 'none'}\n${more}`;
  return commitOf({ tree: emptyTree.sha, parent, seconds, message });
}

/** What a writer commit says; null where it is none. */
export function writerOf(commit: GitObject): Writer | null {
  if (commit.kind !== 'commit') return null;
  const said = /\n\nEpoch: (\d+)\nTip: (none|[0-9a-f]{40})\n/.exec(`\n\n${partsOf(commit).message}`);
  return said && { sha: commit.sha, epoch: Number(said[1]), tip: said[2] === 'none' ? null : said[2]! };
}
