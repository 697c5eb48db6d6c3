// Jobs that we deleted or settled: an old list shall not bring them back, and what a watch says of them meanwhile is
// our own doing.
import type { Job } from '../client/objects.ts';

const REMEMBERED = 5000;

export class Tombstones {
  readonly #leaving = new Set<string>();
  /** uids, oldest first. */
  readonly #gone = new Set<string>();

  /** Resolves when the Job has left; rejects, and it is here as before, where `removal` does. */
  async bury(job: Job, removal: Promise<void>): Promise<void> {
    const name = job.metadata!.name!;
    this.#leaving.add(name);
    try {
      await removal;
    } finally {
      this.#leaving.delete(name);
    }
    this.#gone.add(job.metadata!.uid!);
    if (this.#gone.size <= REMEMBERED) return;
    for (const oldest of this.#gone) {
      this.#gone.delete(oldest);
      break;
    }
  }

  isLeaving(name: string): boolean {
    return this.#leaving.has(name);
  }

  isGone(job: Job): boolean {
    return this.#gone.has(job.metadata!.uid!);
  }
}
