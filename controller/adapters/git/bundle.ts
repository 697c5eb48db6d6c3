// The frontier as one file that git clones from.
import { rm, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { porcelain } from './command.ts';
import { namesOf } from './refs.ts';

/** Writes the lane's two refs with all their history to `file`, which `git clone` takes. Throws GitFailed. */
export async function bundle(repo: string, lane: string, file: string): Promise<void> {
  const { branch, writer } = namesOf(lane);
  const path = resolve(file);
  const head = (await porcelain(repo, ['symbolic-ref', 'HEAD'])).trim();
  await rm(path, { force: true });
  await porcelain(repo, [
    'bundle',
    'create',
    '--quiet',
    path,
    branch,
    writer,
    ...(head === branch ? ['HEAD'] : []),
  ]);
  await stat(path);
}
