// The bare repository of a lane: made where there is none, refused where something else is.
import { mkdir, readdir } from 'node:fs/promises';
import { porcelain } from './command.ts';
import { GitFailed } from './failure.ts';

/** Makes the repository ready for the branch. Throws where `repo` holds something else or cannot be written. */
export async function prepareRepository(repo: string, branch: string): Promise<void> {
  const names = await contents(repo);
  const bare = names.includes('config') ? (await reading(repo, ['config', '--get', 'core.bare'])).trim() : '';
  if (bare === 'false' || (names.length > 0 && !names.includes('HEAD'))) {
    throw new Error(`${repo} is not a bare repository: give the path of one, or an empty or missing path`);
  }
  // Without `core.bare` a controller was killed while it made the repository: git completes it.
  if (bare !== 'true') {
    const name = branch.slice('refs/heads/'.length);
    await porcelain(repo, ['init', '--bare', '--template=', `--initial-branch=${name}`]);
  }
  await pointHead(repo, branch);
}

/** So that `git clone` gives the lane: unless HEAD is at a branch with commits, say of another lane. */
async function pointHead(repo: string, branch: string): Promise<void> {
  const head = (await reading(repo, ['symbolic-ref', 'HEAD'])).trim();
  if (head === branch || (await reading(repo, ['rev-parse', '--verify', 'HEAD'])) !== '') return;
  await porcelain(repo, ['symbolic-ref', 'HEAD', branch]);
}

/** What git answers, '' where it has no answer. */
async function reading(repo: string, args: readonly string[]): Promise<string> {
  try {
    return await porcelain(repo, args);
  } catch (error) {
    if (error instanceof GitFailed) return '';
    throw error;
  }
}

async function contents(repo: string): Promise<string[]> {
  try {
    await mkdir(repo, { recursive: true });
    return await readdir(repo);
  } catch (cause) {
    throw new Error(`${repo} cannot be used: give a folder that this user may write to (${cause})`, {
      cause,
    });
  }
}
