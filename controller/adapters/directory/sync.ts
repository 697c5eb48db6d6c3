// Making the names in a folder durable, once for all that were added while the last time was under way.
import { open } from 'node:fs/promises';

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
      await fsync(folder);
    } finally {
      if (this.#running.get(folder) === mine) this.#running.delete(folder);
    }
  }
}

async function fsync(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
