import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import { frontierConforms } from '../contract/frontier.ts';
import { MemoryFrontier } from '../memory/frontier.ts';

frontierConforms('memory', async () => {
  const frontier = new MemoryFrontier();
  return {
    open: () => frontier,
    personCommits: async () => frontier.personCommits(),
    personRewinds: async () => frontier.personRewinds(),
    close: async () => {},
  };
});

const folder = new Map(
  Object.entries({
    'prepare.py': 'print("prepare")\n',
    'pyproject.toml': '[project]\nname = "trainer"\n',
    'uv.lock': 'version = 1\n',
    'program.md': '# Program\n',
    '.gitignore': 'run.log\n',
  }).map(([name, text]) => [name, new TextEncoder().encode(text)]),
);

/** git as a person runs it. */
function git(repo: string, ...args: string[]): string {
  const person = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
  return execFileSync('git', [`--git-dir=${repo}`, ...person, ...args], { encoding: 'utf8', stdio: 'pipe' });
}

frontierConforms('a git repository', async () => {
  const home = await mkdtemp(join(tmpdir(), 'frontier-'));
  const repo = join(home, 'frontier.git');
  return {
    open: () => new GitFrontier({ repo, lane: 'main', folder }),
    personCommits: async () => {
      const branch = 'refs/heads/autoresearch/main';
      const commit = git(repo, 'commit-tree', '-p', branch, '-m', 'my idea', `${branch}^{tree}`).trim();
      git(repo, 'update-ref', branch, commit);
    },
    personRewinds: async () =>
      void git(repo, 'update-ref', 'refs/heads/autoresearch/main', 'refs/heads/autoresearch/main~1'),
    close: () => rm(home, { recursive: true }),
  };
});
