// The store in a directory. A write is a draft, made durable in `.drafts` and then moved to its name in one step: a
// reader, a killed controller or a loss of power meets whole objects only, and no folder without one.
//
// What a file system answers from memory is asked for synchronously: handing it to another thread costs ten times as
// much CPU as the call, at two hundred calls per experiment. Only what waits for the disk goes there. A disk that hangs
// would hold up all four of those threads as well.
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { assertKey, assertPrefix } from '../../core/keys.ts';
import type { Store } from '../../ports.ts';
import { codeOf } from '../../std/errno.ts';
import { UnusableDirectory } from './errors.ts';
import { dataSync, FolderSync } from './sync.ts';

/** Keys never begin with a dot, so no key can name what is in here. */
const DRAFTS = '.drafts';
/** What lies in a folder of this name is a secret: it is its owner's alone, and no other user of the machine reads it. */
const CLOSED = 'sealed';
/** Folders that others may make, one after the other, before a write is in. */
const RACES = 10;
/** A draft this old was left by a controller that was killed: a write takes seconds at most. */
const STALE_MS = 3_600_000;

/** Moves a durable draft to its path. False: something was there and stays. Throws ENOENT where the folder is missing. */
type Install = (draft: string, path: string) => boolean;

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
      // Most looks find nothing: to ask first is cheaper than an error with its stack.
      if (!statSync(path, { throwIfNoEntry: false })) return null;
      return readFileSync(path);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return null;
      throw new UnusableDirectory(path, error);
    }
  }

  async putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean> {
    assertKey(key);
    const path = join(this.#root, key);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
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
      const entries = readdirSync(path, { withFileTypes: true });
      const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
      return names.filter((name) => !name.startsWith('.')).sort();
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
      throw new UnusableDirectory(path, error);
    }
  }

  async #write(path: string, bytes: Uint8Array, install: Install): Promise<boolean> {
    let draft: string | null = null;
    try {
      this.#drafts ??= this.#prepare();
      draft = join(await this.#drafts, randomUUID());
      await writeDurably(draft, bytes, isClosed(path) ? 0o600 : 0o666);
      for (let races = 0; ; races++) {
        try {
          const written = install(draft, path);
          await this.#folders.sync(dirname(path));
          return written;
        } catch (error) {
          const missing = codeOf(error) === 'ENOENT' ? this.#firstMissing(path) : null;
          if (missing !== null && (await this.#installWithFolders(draft, path, missing))) return true;
          // Another write has just made the folder; but what fails again and again fails for another reason.
          if (codeOf(error) !== 'ENOENT' || races === RACES) throw error;
        }
      }
    } catch (error) {
      this.#drafts = null;
      throw new UnusableDirectory(path, error);
    } finally {
      if (draft) sweep(draft);
    }
  }

  /** The highest folder above `path` that is not there; null where all are. */
  #firstMissing(path: string): string | null {
    let missing: string | null = null;
    for (let folder = dirname(path); folder !== this.#root; folder = dirname(folder)) {
      if (exists(folder)) break;
      missing = folder;
    }
    return missing;
  }

  /** Moves the draft to its name together with the folders that lack, in one rename. False: `missing` has come to be. */
  async #installWithFolders(draft: string, path: string, missing: string): Promise<boolean> {
    const folder = `${draft}.folder`;
    const inner = join(folder, dirname(path).slice(missing.length));
    try {
      mkdirSync(inner, { recursive: true });
      linkSync(draft, join(folder, path.slice(missing.length)));
      if (isClosed(path)) chmodSync(inner, 0o700);
      for (let made = inner; made !== dirname(folder); made = dirname(made)) await this.#folders.sync(made);
      renameSync(folder, missing);
      await this.#folders.sync(dirname(missing));
      return true;
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error)) && exists(missing)) return false;
      throw error;
    } finally {
      sweep(folder);
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

const renamed: Install = (draft, path) => {
  renameSync(draft, path);
  return true;
};

const linked: Install = (draft, path) => {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (statSync(path).isFile()) return false;
    throw Object.assign(new Error(`${path} is a folder`, { cause: error }), { code: 'EISDIR' });
  }
};

function isClosed(path: string): boolean {
  return basename(dirname(path)) === CLOSED;
}

async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, bytes);
    await dataSync(file);
  } finally {
    closeSync(file);
  }
}

/** Takes a draft away. One that cannot be is swept when it is stale. */
function sweep(draft: string): void {
  try {
    rmSync(draft, { recursive: true, force: true });
  } catch (error) {
    if (codeOf(error) === '') throw error;
  }
}

/** Whether a folder is there; false where a file is in its place. */
function exists(folder: string): boolean {
  return statSync(join(folder, '/'), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
