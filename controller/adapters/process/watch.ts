// Waking the loop when a run ends, instead of at its next look around.
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

/** Watches result directories for their last file. Where the machine has no watch to give, polling must do. */
export class EndingWatch {
  readonly #onEnd: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Begins to watch the run in `dir`, once. */
  begin(dir: string): void {
    if (this.#watchers.has(dir)) return;
    let watcher: FSWatcher;
    try {
      watcher = watch(join(dir, 'result'), { persistent: false }, (_, file) => {
        if (file === 'result.json' || file === null) this.#onEnd();
      });
    } catch {
      return; // no such directory any more, or no watches left (ENOSPC): the next poll sees the end
    }
    watcher.on('error', () => this.end(dir));
    this.#watchers.set(dir, watcher);
  }

  end(dir: string): void {
    this.#watchers.get(dir)?.close();
    this.#watchers.delete(dir);
  }

  close(): void {
    for (const dir of [...this.#watchers.keys()]) this.end(dir);
  }
}
