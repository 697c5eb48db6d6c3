// The store in a directory. A write is a draft, made durable in `.drafts` and then moved to its name in one step: a
// reader, a killed controller or a loss of power meets whole objects only, and no folder without one.
import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assertKey, assertPrefix } from '../../core/keys.ts';
import type { Store } from '../../ports.ts';
import { FolderSync } from './sync.ts';
import { codeOf, UnusableDirectory } from './trouble.ts';

/** Keys never begin with a dot, so no key can name what is in here. */
const DRAFTS = '.drafts';
/** Folders that others may make, one after the other, before a write is in. */
const RACES = 10;
/** A draft this old was left by a controller that was killed: a write takes seconds at most. */
const STALE_MS = 3_600_000;

/** Moves a durable draft to its path. False: something was there and stays. Throws ENOENT where the folder is missing. */
type Place = (draft: string, path: string) => Promise<boolean>;

/** Throws UnusableDirectory where the disk refuses. The first write creates the directory. */
export class DirectoryStore implements Store {
  readonly #root: string;
  readonly #folders = new FolderSync();
  #drafts: Promise<string> | null = null;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  async get(key: string): Promise<Uint8Array | null> {
    assertKey(key);
    const path = join(this.#root, key);
    try {
      return await readFile(path);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return null;
      throw new UnusableDirectory(path, error);
    }
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    assertKey(key);
    const path = join(this.#root, key);
    if ((await stat(path).catch(() => null))?.isFile()) {
      // Whoever wrote it may have been killed before its name was durable, and our caller will rely on it.
      await this.#folders.sync(dirname(path));
      return false;
    }
    return this.#write(path, bytes, linked);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    assertKey(key);
    await this.#write(join(this.#root, key), bytes, renamed);
  }

  async list(prefix: string): Promise<string[]> {
    assertPrefix(prefix);
    const path = join(this.#root, prefix);
    try {
      const entries = await readdir(path, { withFileTypes: true });
      const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
      return names.filter((name) => !name.startsWith('.')).sort();
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
      throw new UnusableDirectory(path, error);
    }
  }

  async #write(path: string, bytes: Uint8Array, place: Place): Promise<boolean> {
    let draft: string | null = null;
    try {
      this.#drafts ??= this.#prepare();
      draft = join(await this.#drafts, randomUUID());
      await writeDurably(draft, bytes);
      for (let races = 0; ; races++) {
        try {
          const written = await place(draft, path);
          await this.#folders.sync(dirname(path));
          return written;
        } catch (error) {
          const missing = codeOf(error) === 'ENOENT' ? await this.#firstMissing(path) : null;
          if (missing !== null && (await this.#placeWithFolders(draft, path, missing))) return true;
          // Another write has just made the folder; but what fails again and again fails for another reason.
          if (codeOf(error) !== 'ENOENT' || races === RACES) throw error;
        }
      }
    } catch (error) {
      this.#drafts = null;
      throw new UnusableDirectory(path, error);
    } finally {
      // A rename has taken it away already; what stays for another reason is swept when it is stale.
      if (draft) await unlink(draft).catch(() => {});
    }
  }

  /** The highest folder above `path` that is not there; null where all are. */
  async #firstMissing(path: string): Promise<string | null> {
    let missing: string | null = null;
    for (let folder = dirname(path); folder !== this.#root; folder = dirname(folder)) {
      if (await exists(folder)) break;
      missing = folder;
    }
    return missing;
  }

  /** Moves the draft to its name together with the folders that lack, in one rename. False: `missing` has come to be. */
  async #placeWithFolders(draft: string, path: string, missing: string): Promise<boolean> {
    const folder = `${draft}.folder`;
    const inner = join(folder, dirname(path).slice(missing.length));
    try {
      await mkdir(inner, { recursive: true });
      await link(draft, join(folder, path.slice(missing.length)));
      for (let made = inner; made !== dirname(folder); made = dirname(made)) await this.#folders.sync(made);
      await rename(folder, missing);
      await this.#folders.sync(dirname(missing));
      return true;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error)) && (await exists(missing))) return false;
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Creates what is missing and sweeps what killed controllers left behind. Gives the folder of drafts. */
  async #prepare(): Promise<string> {
    const drafts = join(this.#root, DRAFTS);
    const created = await mkdir(drafts, { recursive: true });
    if (created) await this.#folders.sync(dirname(created));
    for (const name of await readdir(drafts)) {
      const path = join(drafts, name);
      const age = Date.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? Date.now());
      if (age > STALE_MS) await rm(path, { recursive: true, force: true });
    }
    return drafts;
  }
}

const renamed: Place = async (draft, path) => {
  await rename(draft, path);
  return true;
};

const linked: Place = async (draft, path) => {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if ((await stat(path)).isFile()) return false;
    throw Object.assign(new Error(`${path} is a folder`, { cause: error }), { code: 'EISDIR' });
  }
};

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** Whether a folder is there; throws ENOTDIR where a file is in its place. */
async function exists(folder: string): Promise<boolean> {
  try {
    return (await stat(join(folder, '/'))).isDirectory();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
