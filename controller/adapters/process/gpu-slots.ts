// Which GPU a run has: one that no other run under way has. It stands in the run's directory, so that a controller that
// is started again gives it to nobody else, and starts a prepared run on the GPU that it was prepared for.
import { join } from 'node:path';
import { entriesOf, head, observeRun } from './observe.ts';
import { GPU_FILE, parseRunName } from './rundir.ts';

const UUID_BYTES = 256;

/** UUID of the GPU that the run in `dir` was given; null where it was given none. */
export async function gpuOf(dir: string): Promise<string | null> {
  return (await head(join(dir, GPU_FILE), UUID_BYTES))?.trim() || null;
}

/** Shared by all lanes whose runs are in one of these folders. */
export class GpuSlots {
  readonly #folders: readonly string[];
  /** GPUs in the order in which they were last given. */
  readonly #given = new Set<string>();
  /** Directories of runs whose supervisor ended: one that never began its run leaves no other sign of that. */
  readonly #left = new Set<string>();
  #before: Promise<unknown> = Promise.resolve();

  constructor(...folders: readonly string[]) {
    this.#folders = folders;
  }

  /**
   * What `prepare` makes of a GPU out of `uuids` that no run under way has; null where each has one. One caller at a
   * time, so that two lanes do not find the same one free. The one that was given the longest ago comes first: a run
   * that a broken GPU failed is then repeated on another.
   */
  give<T>(uuids: readonly string[], prepare: (uuid: string) => Promise<T>): Promise<T | null> {
    const given = this.#before.then(async () => {
      const taken = await this.#taken();
      const free = uuids.filter((uuid) => !taken.has(uuid));
      const next =
        free.find((uuid) => !this.#given.has(uuid)) ?? [...this.#given].find((uuid) => free.includes(uuid));
      if (next === undefined) return null;
      this.#given.delete(next);
      this.#given.add(next);
      return prepare(next);
    });
    this.#before = given.catch(() => {}); // its caller hears of it
    return given;
  }

  /** A supervisor works in this directory from now on, or none does. */
  occupied(dir: string, now: boolean): void {
    if (now) this.#left.delete(dir);
    else this.#left.add(dir);
  }

  async #taken(): Promise<ReadonlySet<string>> {
    const taken = new Set<string>();
    for (const folder of this.#folders)
      for (const entry of await entriesOf(folder)) {
        const name = parseRunName(entry);
        const dir = join(folder, entry);
        const uuid = name && !this.#left.has(dir) && (await gpuOf(dir));
        if (!uuid) continue;
        const run = await observeRun(dir, name);
        if (run && run.state.kind !== 'ended') taken.add(uuid);
      }
    return taken;
  }
}
