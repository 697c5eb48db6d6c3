// The bare repository of a lane: made where there is none, refused where something else is.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, remedy } from '../../std/errno.ts';
import { porcelain } from './command.ts';
import { GitFailed } from './errors.ts';

/** Makes the repository where there is none. Throws where something else is there, or nothing can be written. */
export async function prepareRepository(repo: string, branch: string): Promise<void> {
  try {
    if ((await contents(repo)).length === 0) await create(repo, branch);
  } catch (cause) {
    if (!(cause as NodeJS.ErrnoException).code) throw cause;
    throw new Error(`${repo} cannot hold a repository (${cause}): give a path that this user may write to`, {
      cause,
    });
  }
  if ((await answer(repo, ['config', '--get', 'core.bare'])) !== 'true') {
    throw new Error(`${repo} is not a bare repository: give the path of one, or a path where nothing is`);
  }
}

/** Whether there is one. Throws, with what to do, where one is that git does not take for one, or that nobody may read. */
export async function isRepository(repo: string): Promise<boolean> {
  const path = join(repo, 'HEAD');
  const head = headAt(path);
  if (head !== null && isHead(head)) return true;
  if (head === null && !(await stat(join(repo, 'objects')).catch(() => null))) return false;
  throw new Error(`${path} is damaged, so that git reads nothing there; autoresearch dev writes it anew`);
}

/** At once: it is asked for at each look, and lies in memory. */
function headAt(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
    throw new Error(remedy(error, path) ?? String(error), { cause: error });
  }
}

/** Whether git takes this for a HEAD. */
export function isHead(content: string): boolean {
  return /^(ref: *refs\/\S+|[0-9a-f]{40})\s*$/.test(content);
}

/** Made beside its place and moved there whole: of controllers that start at once one makes it, and none sees half. */
async function create(repo: string, branch: string): Promise<void> {
  const draft = `${repo}.${randomUUID()}`;
  try {
    await mkdir(draft, { recursive: true });
    const name = branch.slice('refs/heads/'.length);
    await porcelain(draft, ['init', '--bare', '--template=', `--initial-branch=${name}`]);
    for (const file of ['HEAD', 'config']) await sync(join(draft, file));
    await rename(draft, repo);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if ((await contents(repo)).length === 0) throw error;
  }
}

/** Makes `git clone` give the branch, unless HEAD is at one that has commits, say of another lane. */
export async function pointHead(repo: string, branch: string): Promise<void> {
  const head = await answer(repo, ['symbolic-ref', 'HEAD']);
  if (head === branch || (await answer(repo, ['rev-parse', '--verify', 'HEAD'])) !== '') return;
  await porcelain(repo, ['symbolic-ref', 'HEAD', branch]);
}

/** What git answers, '' where it has no answer. */
async function answer(repo: string, args: readonly string[]): Promise<string> {
  try {
    return (await porcelain(repo, args)).trim();
  } catch (error) {
    if (error instanceof GitFailed) return '';
    throw error;
  }
}

/** The names in a folder; none where it is missing. */
async function contents(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Makes a file's bytes durable. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
