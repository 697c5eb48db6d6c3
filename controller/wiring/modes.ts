// Who may enter which folder. At level `uid` a run is another user of this machine: it must reach its text and its work
// directory, and none of what the validation text is, or can be made from.
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import { codeOf } from '../std/errno.ts';
import type { LanePaths } from './paths.ts';

const PASS = 0o011;
const READ = 0o055;

/**
 * The folder with those above it, where they are missing: the first one that was made. Node's own way goes round in a
 * circle for ever where none can be made, as under /proc. Throws Failure 3 there.
 */
export async function makeFolders(folder: string): Promise<string | undefined> {
  let first: string | undefined;
  for (const at of await missingOf(resolve(folder))) {
    try {
      await mkdir(at);
      first ??= at;
    } catch (error) {
      if (codeOf(error) === 'ENOENT')
        throw new Failure(3, `no folder can be made at ${at}; choose another one`);
      if (!(await stat(at).catch(() => null))?.isDirectory()) throw error;
    }
  }
  return first;
}

/** What is not there yet of the way to it, from above. */
async function missingOf(folder: string): Promise<string[]> {
  const there = await stat(folder).catch(() => null);
  if (there) return there.isDirectory() ? [] : [folder];
  const above = dirname(folder);
  return above === folder ? [] : [...(await missingOf(above)), folder];
}

/** Makes the folder where it is missing; whoever knows a name in it may pass through what was made, whatever the umask. */
export async function makePassable(folder: string): Promise<void> {
  const first = await makeFolders(folder);
  for (let at = folder; first !== undefined && at.length >= first.length; at = dirname(at)) await pass(at);
}

/** Lets others pass through the folder to what they know in it. */
export async function pass(folder: string, bits = PASS): Promise<void> {
  const { mode } = await stat(folder);
  // Somebody else's folder that is open already needs no change, which they alone could make.
  if ((mode & bits) !== bits) await chmod(folder, mode | bits);
}

/** Keeps what lies in the folder out of a repository around it: the validation text is in there. One of a person's own stays as it is. */
export async function keepFromGit(folder: string): Promise<void> {
  if (await stat(join(folder, '.git')).catch(() => null)) return;
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Makes the folders of a lane's texts: each run reads `folder`/text, and `sealed` is its owner's alone. */
export async function makeTextFolders(folder: string, sealed: string): Promise<void> {
  const text = join(folder, 'text');
  await makePassable(text);
  await pass(folder); // earlier releases closed it
  await pass(text, READ);
  await mkdir(sealed, { recursive: true });
  await chmod(sealed, 0o700);
}

/** Closes what earlier releases left open in any lane here, also in those that do not run now. */
export async function closeSecrets({ dir, store }: LanePaths): Promise<void> {
  const names = async (folder: string) =>
    (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  const lanes = [...(await names(dir)), ...(await names(store))];
  for (const lane of lanes) {
    await close(join(lane, 'sealed'), 0o700);
    await close(join(lane, 'sealed', 'seed'), 0o600);
  }
}

/** A file system that has no modes closes nothing, but there the rehearsal of `uid` finds the validation text open, too. */
async function close(path: string, mode: number): Promise<void> {
  await chmod(path, mode).catch(() => {});
}
