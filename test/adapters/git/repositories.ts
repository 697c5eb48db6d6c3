// Bare repositories for tests, and git as a person runs it on them.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitFrontier } from '../../../controller/adapters/git/frontier.ts';
import type { Draft } from '../../../controller/core/decision.ts';
import type { Claim } from '../../../controller/ports.ts';
import { keepOf } from '../../contract/drafts.ts';

export const BRANCH = 'refs/heads/autoresearch/main';
export const WRITER = 'refs/autoresearch/main/writer';

export const texts = {
  'prepare.py': 'print("prepare")\n',
  'pyproject.toml': '[project]\nname = "trainer"\n',
  'uv.lock': 'version = 1\n',
  'program.md': '# Program\n',
  '.gitignore': 'run.log\n',
};
export const folder = new Map(
  Object.entries(texts).map(([name, text]) => [name, new TextEncoder().encode(text)]),
);

/** git with a person's identity; gives trimmed stdout. */
export function git(repo: string, ...args: string[]): string {
  const person = [
    '-c',
    'user.name=Ada',
    '-c',
    'user.email=ada@example.org',
    '-c',
    'protocol.file.allow=always',
  ];
  const run = ['--git-dir', repo, ...person, ...args];
  return execFileSync('git', run, {
    encoding: 'utf8',
    stdio: 'pipe',
    env: { PATH: process.env.PATH! },
  }).trim();
}

/** A folder with the path of a repository in it; nothing is made yet. */
export async function newRepository(): Promise<{ home: string; repo: string; remove(): Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'frontier-'));
  return { home, repo: join(home, 'frontier.git'), remove: () => rm(home, { recursive: true }) };
}

export function openLane(repo: string, lane = 'main'): GitFrontier {
  return new GitFrontier({ repo, lane, folder });
}

export function trainPy(n: number): string {
  return `lr = 0.${n}\n`;
}

/** Claims the lane and keeps `count` files on it, the baseline first; `drafts` are those of the keeps. */
export async function grow(frontier: GitFrontier, count: number) {
  const drafts: Draft[] = [];
  const claims: Claim[] = [await frontier.claim()];
  let tip: string | null = null;
  for (let n = 0; n < count; n++) {
    const draft = keepOf(n, trainPy(n), tip, 3 - n / 10);
    const kept = await frontier.keep(draft, trainPy(n), claims.at(-1)!);
    if (kept.kind !== 'kept') throw new Error(kept.sentence);
    tip = kept.commit;
    claims.push(kept.claim);
    drafts.push(draft);
  }
  return { drafts, claims, tip: tip!, claim: claims.at(-1)! };
}
