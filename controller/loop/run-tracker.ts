// Which runs this controller has seen: what it removed shows for a while, and what it saw may be gone without a word.
import type { Run } from '../core/run.ts';
import { attemptKey } from '../core/world.ts';

export class RunTracker {
  readonly #seen = new Set<string>();
  readonly #removed = new Set<string>();

  /** The runs that count, and the attempts (`000042/1`) seen before that are listed no more. */
  update(listed: readonly Run[]): { runs: Run[]; vanished: Set<string> } {
    const here = new Set<string>();
    const runs: Run[] = [];
    for (const run of listed) {
      const key = keyOf(run);
      here.add(key);
      if (!this.#removed.has(key)) runs.push(run);
    }
    for (const key of this.#removed) if (!here.has(key)) this.#removed.delete(key);
    const vanished = new Set<string>();
    for (const key of this.#seen) if (!here.has(key)) vanished.add(key);
    for (const run of runs) this.#seen.add(keyOf(run));
    return { runs, vanished };
  }

  /** From here on its absence means something. */
  launched(experiment: string, attempt: number): void {
    this.#seen.add(attemptKey(experiment, attempt));
  }

  removed(run: Run): void {
    this.#seen.delete(keyOf(run));
    this.#removed.add(keyOf(run));
  }
}

function keyOf({ experiment, attempt }: Run): string {
  return attemptKey(experiment, attempt);
}
