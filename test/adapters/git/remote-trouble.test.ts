// What a remote, the way to it, or the clone of it can have against a frontier.
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { examineRemote } from '../../../controller/adapters/git/doctor.ts';
import { GitFrontier } from '../../../controller/adapters/git/frontier.ts';
import { type Remote, urlOf } from '../../../controller/adapters/git/remote.ts';
import { keepOf } from '../../contract/drafts.ts';
import { type HttpServer, serveHttp } from '../../git/http.ts';
import { type SshServer, serveSsh } from '../../git/ssh.ts';
import { BRANCH, folder, git, grow, trainPy, WRITER } from './repositories.ts';

const account = { username: 'lab', password: 'canary-of-git' };

let home: string;
let http: HttpServer;
let open: HttpServer;
let ssh: SshServer;
let credentials: string;
let count = 0;
let name: string;
let repo: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'remotes-'));
  http = await serveHttp(home, account);
  open = await serveHttp(home);
  ssh = await serveSsh(home, home);
  credentials = await mkdtemp(join(home, 'credentials-'));
  for (const [file, text] of Object.entries(account)) await writeFile(join(credentials, file), `${text}\n`);
});
afterAll(async () => {
  await Promise.all([http.close(), open.close(), ssh.close()]);
  await rm(home, { recursive: true, force: true });
});
beforeEach(() => {
  name = `${count++}.git`;
  repo = join(home, name);
  git(repo, 'init', '-q', '--bare', repo);
});

function remoteAt(url: string, credentials: string | null = null): Remote {
  const parsed = urlOf(url);
  if (typeof parsed === 'string') throw new Error(parsed);
  return { ...parsed, credentials, environment: {} };
}
function frontierAt(remote: Remote, clone = join(home, `clone-${count++}.git`)): GitFrontier {
  return new GitFrontier({ repo: clone, remote, lane: 'main', folder });
}

describe('a URL', () => {
  test.each([
    ['https://host/a.git', 'http', 'https://host/a.git'],
    ['http://host:3000/a', 'http', 'http://host:3000/a'],
    ['ssh://git@host:22/a', 'ssh', 'ssh://git@host:22/a'],
    ['git@host:a/b.git', 'ssh', 'git@host:a/b.git'],
    ['file:///srv/a.git', 'path', '/srv/a.git'],
    ['/srv/a.git', 'path', '/srv/a.git'],
    ['lab.git', 'path', join(process.cwd(), 'lab.git')],
  ])('%s is taken', (text, kind, url) => {
    expect(urlOf(text)).toEqual({ kind, url });
  });
  test.each([
    ['https://me:word@host/a', /credentials do not belong in a URL/],
    ['https://token@host/a', /credentials do not belong in a URL/],
    ['ssh://git:word@host/a', /credentials do not belong in a URL/],
    ['ext::sh -c id', /without spaces/],
    ['ext::sh', /by https, ssh or a path$/],
    ['ftp://host/a', /not by ftp/],
    ['--upload-pack=id', /a URL or a path/],
    ['https://', /a frontier is https:/],
  ])('%s is refused', (text, sentence) => {
    expect(urlOf(text)).toMatch(sentence);
    expect(urlOf(text)).not.toContain('word@');
  });
});

describe('a claim fails with what to do where', () => {
  const cases: [string, () => Promise<Remote>, RegExp][] = [
    [
      'the server cannot push atomically',
      async () => {
        git(repo, 'config', 'receive.advertiseAtomic', 'false');
        return remoteAt(open.url(name));
      },
      /cannot move two refs at once: use one that can/,
    ],
    [
      'a hook of the server says no',
      async () => {
        await writeFile(join(repo, 'hooks', 'pre-receive'), '#!/bin/sh\necho not you\nexit 1\n');
        await chmod(join(repo, 'hooks', 'pre-receive'), 0o755);
        return remoteAt(repo);
      },
      /hook declined.*let this account push to refs\/heads\/autoresearch/,
    ],
    [
      'a lock was left on the server',
      async () => {
        await frontierAt(remoteAt(repo)).claim();
        await writeFile(join(repo, `${WRITER}.lock`), '');
        return remoteAt(open.url(name));
      },
      /writer\.lock.*remove that file/,
    ],
    [
      'the password is another one',
      async () => {
        const other = await mkdtemp(join(home, 'credentials-'));
        await writeFile(join(other, 'password'), 'canary-of-old');
        return remoteAt(http.url(name), other);
      },
      /does not accept these credentials/,
    ],
    ['there is no password', async () => remoteAt(http.url(name)), /does not accept these credentials/],
    [
      'the folder of credentials is empty',
      async () => remoteAt(http.url(name), await mkdtemp(join(home, 'credentials-'))),
      /holds no password: put it there/,
    ],
    [
      'the known hosts are not beside the key',
      async () => {
        const other = await mkdtemp(join(home, 'credentials-'));
        await cp(join(ssh.credentials, 'ssh-privatekey'), join(other, 'ssh-privatekey'));
        return remoteAt(ssh.url(name), other);
      },
      /lacks known_hosts: put the key and the host's public keys/,
    ],
    [
      'the host has another key than before',
      async () => {
        const other = await mkdtemp(join(home, 'credentials-'));
        await cp(join(ssh.credentials, 'ssh-privatekey'), join(other, 'ssh-privatekey'));
        const known = await readFile(join(ssh.credentials, 'known_hosts'), 'utf8');
        const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIEL1zjkxNqNNLKcSoFgjuYE1Uu3pv+K7rp2q5j0hNYEn';
        await writeFile(join(other, 'known_hosts'), known.replace(/AAAA\S+/, key));
        return remoteAt(ssh.url(name), other);
      },
      /the key of this host is not the known one: if it was changed on purpose/,
    ],
    [
      'the key is not let in',
      async () => {
        const other = await mkdtemp(join(home, 'credentials-'));
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(other, 'ssh-privatekey')]);
        await cp(join(ssh.credentials, 'known_hosts'), join(other, 'known_hosts'));
        return remoteAt(ssh.url(name), other);
      },
      /does not accept these credentials/,
    ],
    [
      'nothing is at the URL',
      async () => remoteAt(open.url('none.git')),
      /create it there with git init --bare, or correct the URL/,
    ],
    [
      'nobody listens',
      async () => remoteAt('http://127.0.0.1:1/a.git'),
      /does not answer: it is tried again until it does/,
    ],
    [
      'its repository is rotten',
      async () => {
        await grow(frontierAt(remoteAt(repo)), 2);
        const sha = git(repo, 'rev-parse', `${BRANCH}^{tree}`);
        await rm(join(repo, 'objects', sha.slice(0, 2)), { recursive: true });
        return remoteAt(open.url(name));
      },
      /git fsck|is tried again/,
    ],
  ];
  test.each(cases)('%s', async (_, spoil, sentence) => {
    const remote = await spoil();
    const error = await frontierAt(remote)
      .claim()
      .catch((e) => e);
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toMatch(sentence);
    expect(`${error.stack}${JSON.stringify(error)}${error.stderr}`).not.toMatch(/canary/);
  });
});

describe('a keep', () => {
  test.each([['before'], ['after']] as const)(
    'whose connection ends %s it is done is kept once, and the claim goes on',
    async (cut) => {
      const frontier = frontierAt(remoteAt(http.url(name), credentials));
      const { tip, claim } = await grow(frontier, 1);
      http.cut(cut);
      const kept = await frontier.keep(keepOf(1, 'b\n', tip, 1), 'b\n', claim);
      expect(kept.kind).toBe('kept');
      const view = await frontierAt(remoteAt(repo)).view();
      expect(view).toMatchObject({ foreign: null, kept: { length: 2 } });
      expect(kept).toMatchObject({ claim: { writer: view.writer } });
    },
  );

  test('goes through when the clone was lost or rots in between', async () => {
    const clone = join(home, `clone-${count++}.git`);
    const frontier = frontierAt(remoteAt(open.url(name)), clone);
    const { tip, claim } = await grow(frontier, 2);
    for (const shard of await readdir(join(clone, 'objects')))
      if (/^[0-9a-f]{2}$/.test(shard))
        for (const file of await readdir(join(clone, 'objects', shard))) {
          await chmod(join(clone, 'objects', shard, file), 0o644);
          await writeFile(join(clone, 'objects', shard, file), 'rot');
        }
    expect((await frontier.view()).kept).toHaveLength(2);
    expect((await frontier.keep(keepOf(2, 'c\n', tip, 1), 'c\n', claim)).kind).toBe('kept');
    await rm(clone, { recursive: true });
    const later = frontierAt(remoteAt(open.url(name)), clone);
    const claimed = await later.claim();
    const newest = git(repo, 'rev-parse', BRANCH);
    expect((await later.keep(keepOf(3, 'd\n', newest, 0.5, 2), 'd\n', claimed)).kind).toBe('kept');
    expect(git(repo, 'fsck', '--strict')).toBe('');
  });

  test('goes through when a fetch that was cut off left a commit without its parents', async () => {
    const clone = join(home, `clone-${count++}.git`);
    await grow(frontierAt(remoteAt(open.url(name)), clone), 4);
    const lost = git(repo, 'rev-parse', `${BRANCH}~2`);
    await rm(join(clone, 'objects', lost.slice(0, 2), lost.slice(2)));
    expect((await frontierAt(remoteAt(open.url(name)), clone).view()).kept).toHaveLength(4);
  });

  test('a rewound branch is told with the command that puts it back, though no ref leads to its commit', async () => {
    const { tip } = await grow(frontierAt(remoteAt(open.url(name))), 3);
    git(repo, 'update-ref', BRANCH, `${BRANCH}~1`);
    const { foreign } = await frontierAt(remoteAt(open.url(name))).view();
    expect(foreign).toMatch(
      /is gone from it.*put the branch back with git --git-dir=\S+ push --force-with-lease=/,
    );
    // Not while this process stands still: the server is in it.
    await execa('git', / with git (.*)$/.exec(foreign!)![1]!.split(' '));
    expect(git(repo, 'rev-parse', BRANCH)).toBe(tip);
    expect((await frontierAt(remoteAt(repo)).view()).foreign).toBeNull();
  });

  test('files that were kept are those that a person clones', async () => {
    await grow(frontierAt(remoteAt(ssh.url(name), ssh.credentials)), 2);
    git(repo, 'clone', '-q', '-b', 'autoresearch/main', repo, join(home, `mine-${name}`));
    expect(await readFile(join(home, `mine-${name}`, 'train.py'), 'utf8')).toBe(trainPy(1));
  });
});

describe('the doctor', () => {
  const told = async (remote: Remote) =>
    (await examineRemote(remote)).map(({ check, result, fix }) => [
      check.replace('frontier: ', ''),
      result,
      fix,
    ]);

  test.each([
    ['a path', () => remoteAt(repo)],
    ['HTTP', () => remoteAt(http.url(name), credentials)],
    ['ssh', () => remoteAt(ssh.url(name), ssh.credentials)],
  ])('finds all well over %s and leaves nothing behind', async (_, remote) => {
    expect(await told(remote())).toEqual([
      ['read', 'ok', ''],
      ['atomic push', 'ok', ''],
      ['expected sha', 'ok', ''],
      ['delete', 'ok', ''],
    ]);
    expect(git(repo, 'for-each-ref')).toBe('');
  });

  test('says what a remote lacks', async () => {
    git(repo, 'config', 'receive.denyDeletes', 'true');
    expect((await told(remoteAt(repo))).at(-1)).toEqual([
      'delete',
      'warn',
      expect.stringMatching(/^only this check needs it/),
    ]);
    git(repo, 'config', 'receive.advertiseAtomic', 'false');
    expect((await told(remoteAt(repo))).at(-1)).toEqual([
      'atomic push',
      'fail',
      expect.stringMatching(/use one that can/),
    ]);
    expect(await told(remoteAt(http.url(name)))).toEqual([
      ['read', 'fail', expect.stringMatching(/not accept these credentials/)],
    ]);
    expect(await told(remoteAt(http.url(name), home))).toEqual([
      ['read', 'fail', expect.stringMatching(/holds no password/)],
    ]);
  });
});
