// The frontier on a remote: over a path, smart HTTP and ssh.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { GitFrontier } from '../../../controller/adapters/git/frontier.ts';
import { type Remote, urlOf } from '../../../controller/adapters/git/remote.ts';
import { frontierConforms } from '../../contract/frontier.ts';
import { type GitServer, serveHttp } from '../../git/http.ts';
import { type SshServer, serveSsh } from '../../git/ssh.ts';
import { BRANCH, folder, git } from './repositories.ts';

const RACES = process.env.TIER === 'long' ? 30 : 4;

let home: string;
let http: GitServer;
let ssh: SshServer;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'remotes-'));
  http = await serveHttp(home);
  ssh = await serveSsh(home, home);
});
afterAll(async () => {
  await Promise.all([http.close(), ssh.close()]);
  await rm(home, { recursive: true, force: true });
});

/** An empty bare repository on the server, and frontiers that reach it, each with a clone of its own. */
function world(kind: string, reach: (repository: string) => { url: string; credentials: string | null }) {
  let worlds = 0;
  return async () => {
    const name = `${kind}-${worlds++}.git`;
    const repo = join(home, name);
    git(repo, 'init', '-q', '--bare', repo);
    const { url, credentials } = reach(name);
    const parsed = urlOf(url);
    if (typeof parsed === 'string') throw new Error(parsed);
    const remote: Remote = { ...parsed, credentials, environment: {} };
    let clones = 0;
    return {
      open: () =>
        new GitFrontier({ repo: join(home, `${name}-clone-${clones++}`), remote, lane: 'main', folder }),
      personCommits: async () => {
        const commit = git(repo, 'commit-tree', '-p', BRANCH, '-m', 'my idea', `${BRANCH}^{tree}`);
        git(repo, 'update-ref', BRANCH, commit);
      },
      personRewinds: async () => void git(repo, 'update-ref', BRANCH, `${BRANCH}~1`),
      close: () => rm(repo, { recursive: true }),
    };
  };
}

frontierConforms(
  'a remote on a path',
  world('path', (name) => ({ url: join(home, name), credentials: null })),
  RACES,
);
frontierConforms(
  'a remote over HTTP',
  world('http', (name) => ({ url: http.url(name), credentials: null })),
  RACES,
);
frontierConforms(
  'a remote over ssh',
  world('ssh', (name) => ({ url: ssh.url(name), credentials: ssh.credentials })),
  RACES,
);
