// Where the frontier is: a repository of this machine, or one that several machines and people reach.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../adapters/git/bundle.ts';
import { GitFrontier } from '../adapters/git/frontier.ts';
import { mendRepository } from '../adapters/git/mend.ts';
import { lanesOn, type Remote, urlOf } from '../adapters/git/remote.ts';
import { leadsOfGit } from '../environment.ts';
import type { FrontierSettings } from '../settings/frontier.ts';
import type { Check } from '../std/check.ts';
import { utf8 } from '../std/text.ts';
import type { LanePaths } from './paths.ts';

/** null: the frontier is on this machine, beside the lanes. */
function remoteOf({ url, credentials }: FrontierSettings): Remote | null {
  const parsed = url === '' ? null : urlOf(url);
  if (parsed === null) return null;
  if (typeof parsed === 'string') throw new Error(parsed);
  return { ...parsed, credentials: credentials || null, environment: leadsOfGit() };
}

/** The frontier of a lane, and its repository on this machine: with a remote, a clone that may be lost. */
export function openFrontier(
  settings: FrontierSettings,
  paths: LanePaths,
  lane: string,
  folder: ReadonlyMap<string, Uint8Array> = new Map(),
): { frontier: GitFrontier; repo: string } {
  const remote = remoteOf(settings);
  const repo = remote ? join(paths.dir, lane, 'remote.git') : paths.frontier(lane);
  return { frontier: new GitFrontier({ repo, remote, lane, folder }), repo };
}

/** What a crash left of a lane's repository is written anew, as far as that loses nothing. */
export async function mendFrontier(
  settings: FrontierSettings,
  paths: LanePaths,
  lane: string,
): Promise<void> {
  await mendRepository(openFrontier(settings, paths, lane).repo, lane);
}

/** What the remote lets this machine do, a line each; none where the frontier is here. */
export async function examinedRemote(settings: FrontierSettings): Promise<Check[]> {
  const remote = remoteOf(settings);
  return remote ? (await import('../adapters/git/doctor.ts')).examineRemote(remote) : [];
}

/** The lanes that a remote has branches of; null where the frontier is on this machine. */
export async function remoteLanes(settings: FrontierSettings, paths: LanePaths): Promise<string[] | null> {
  const remote = remoteOf(settings);
  return remote && (await lanesOn(remote, paths.dir));
}

/** Writes the lane as one file that git clones from; its path. */
export async function bundleIn(folder: string, repo: string, lane: string): Promise<string> {
  const file = join(folder, `${lane}.bundle`);
  await bundle(repo, lane, file);
  return file;
}

/** The runnable folder of the first commit, less train.py: file name → bytes. */
export async function folderOf(trainer: string, program: string): Promise<Map<string, Uint8Array>> {
  // The harness of an older release, with which its lanes go on, has no chain.py.
  const chain = (await readdir(trainer)).filter((name) => name === 'chain.py');
  const names = ['prepare.py', ...chain, 'pyproject.toml', 'uv.lock', '.gitignore'];
  const files = await Promise.all(
    names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(trainer, name))]),
  );
  return new Map([...files, ['program.md', utf8(program)]]);
}
