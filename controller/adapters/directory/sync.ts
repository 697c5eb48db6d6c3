// Making the names in a folder durable, once for all that were added while the last time was under way.
import { closeSync, fdatasync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/** Makes what was written to an open file durable. */
export const dataSync = promisify(fdatasync);
const wholeSync = promisify(fsync);

export class FolderSync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #queued = new Map<string, Promise<void>>();

  /** Resolves when every name that is in `folder` at the call will survive a loss of power. */
  sync(folder: string): Promise<void> {
    // One under way may have begun before our name was there; one that has not begun covers it.
    const queued = this.#queued.get(folder) ?? this.#after(this.#running.get(folder), folder);
    this.#queued.set(folder, queued);
    return queued;
  }

  async #after(running: Promise<void> | undefined, folder: string): Promise<void> {
    await running?.catch(() => 'its own callers were told');
    const mine = this.#queued.get(folder)!;
    this.#queued.delete(folder);
    this.#running.set(folder, mine);
    try {
      await namesSync(folder);
    } finally {
      if (this.#running.get(folder) === mine) this.#running.delete(folder);
    }
  }
}

async function namesSync(folder: string): Promise<void> {
  const file = openSync(folder, 'r');
  try {
    await wholeSync(file);
  } finally {
    closeSync(file);
  }
}
