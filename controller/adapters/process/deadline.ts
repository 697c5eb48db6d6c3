// The end of a run whose supervisor outlives its own limits; on a cluster the Pod's deadline is what stands behind them.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { killRun } from './kill.ts';
import { claimant, OVERDUE } from './observe.ts';
import { readIntent } from './rundir.ts';

/** What a run may need beside its wall: reading the text before, ending the tree and emptying its directory after. */
const GRACE_SECONDS = 120;

/**
 * Counts from when this controller first saw a run running, by a clock that stands still while the machine sleeps: a
 * restart or a sleep makes a deadline later, never earlier. `now` gives milliseconds.
 */
export class Deadlines {
  readonly #now: () => number;
  readonly #endMs = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the run in `dir`, which is running, should have ended by itself. */
  async passed(dir: string): Promise<boolean> {
    const known = this.#endMs.get(dir);
    if (known !== undefined) return this.#now() > known;
    const intent = await readIntent(dir);
    if (intent === null || intent === 'damaged') return false; // to be seen as what it is at the next look
    this.#endMs.set(dir, this.#now() + 1000 * (intent.clocks.wallSeconds + GRACE_SECONDS));
    return false;
  }

  forget(dir: string): void {
    this.#endMs.delete(dir);
  }
}

/** Ends the run, which from then on is seen to have passed its deadline. Throws where a process of it stays. */
export async function endOverdue(dir: string, graceMs: number): Promise<void> {
  await writeFile(join(dir, OVERDUE), ''); // first: killed and unmarked it would look like the machine's doing
  await killRun(dir, await claimant(dir), graceMs);
}
