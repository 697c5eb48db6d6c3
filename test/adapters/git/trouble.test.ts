import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bundle } from '../../../controller/adapters/git/bundle.ts';
import { GitMissing, LockedRepository } from '../../../controller/adapters/git/errors.ts';
import { keepOf } from '../../contract/drafts.ts';
import { BRANCH, git, grow, newRepository, openLane, trainPy, WRITER } from './repositories.ts';

describe('the git frontier in trouble:', () => {
  let home: string;
  let repo: string;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ home, repo, remove } = await newRepository());
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await remove();
  });

  test('a hostile environment changes nothing', async () => {
    const calm = await grow(openLane(repo), 2);
    const config = join(home, 'hostile.gitconfig');
    const hook = join(home, 'hooks', 'reference-transaction');
    await mkdir(join(home, 'hooks'));
    await writeFile(hook, '#!/bin/sh\nexit 1\n');
    await chmod(hook, 0o755);
    const lines = [
      '[commit]',
      'gpgsign = true',
      '[core]',
      `hooksPath = ${join(home, 'hooks')}`,
      'bare = false',
      '[init]',
    ];
    await writeFile(config, [...lines, 'defaultBranch = trunk', '[user]', 'name = Mallory', ''].join('\n'));
    await writeFile(join(home, '.gitconfig'), await readFile(config));
    const hostile = {
      HOME: home,
      XDG_CONFIG_HOME: home,
      GIT_DIR: '/nonexistent/.git',
      GIT_WORK_TREE: '/nonexistent',
      GIT_INDEX_FILE: '/nonexistent/index',
      GIT_OBJECT_DIRECTORY: '/nonexistent/objects',
      GIT_ALTERNATE_OBJECT_DIRECTORIES: '/nonexistent',
      GIT_NAMESPACE: 'elsewhere',
      GIT_DEFAULT_HASH: 'sha256',
      GIT_CONFIG_GLOBAL: config,
      GIT_CONFIG_SYSTEM: config,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.hooksPath',
      GIT_CONFIG_VALUE_0: join(home, 'hooks'),
      GIT_CONFIG_PARAMETERS: "'core.bare=false'",
      GIT_AUTHOR_NAME: 'Mallory',
      GIT_AUTHOR_DATE: '1 +0500',
      GIT_COMMITTER_EMAIL: 'mallory@example.org',
      GIT_EDITOR: 'false',
      EDITOR: 'false',
      GIT_PAGER: 'false',
      PAGER: 'false',
      GIT_TRACE: join(home, 'trace'),
      LC_ALL: 'de_DE.UTF-8',
    };
    for (const [name, value] of Object.entries(hostile)) vi.stubEnv(name, value);
    const stormy = join(home, 'stormy.git');
    const { tip } = await grow(openLane(stormy), 2);
    expect((await openLane(stormy).view()).foreign).toBeNull();
    await bundle(stormy, 'main', join(home, 'lane.bundle'));
    vi.unstubAllEnvs();
    expect(tip).toBe(calm.tip);
    expect(git(stormy, 'fsck', '--strict')).toBe('');
    expect(git(stormy, 'symbolic-ref', 'HEAD')).toBe(BRANCH);
    expect((await readdir(home)).sort()).toEqual(
      ['.gitconfig', 'frontier.git', 'hooks', 'hostile.gitconfig', 'lane.bundle', 'stormy.git'].sort(),
    );
  });

  test.each([
    ['branch', 'keep'],
    ['writer', 'keep'],
    ['writer', 'claim'],
  ] as const)(
    'a stale lock of the %s stops a %s, names the file, and once it is removed all is well',
    async (ref, act) => {
      const frontier = openLane(repo);
      const { tip, claim } = await grow(frontier, 1);
      const lock = join(repo, `${ref === 'branch' ? BRANCH : WRITER}.lock`);
      await writeFile(lock, '');
      const draft = keepOf(1, 'b\n', tip, 1);
      const stopped = act === 'keep' ? frontier.keep(draft, 'b\n', claim) : frontier.claim();
      const error = await stopped.then(
        () => null,
        (e) => e,
      );
      expect(error).toBeInstanceOf(LockedRepository);
      expect(error.lock).toBe(lock);
      expect(error.message).toContain(`${lock}: if no git process is at work there, remove that file`);
      const view = await frontier.view();
      expect([view.kept.length, view.writer]).toEqual([1, claim.writer]);
      await rm(lock);
      expect((await frontier.keep(draft, 'b\n', claim)).kind).toBe('kept');
    },
  );

  test.each(['branch', 'writer'])(
    'a git killed when only the %s had moved: the keep is completed',
    async (moved) => {
      const frontier = openLane(repo);
      const { drafts, claims, tip, claim } = await grow(frontier, 2);
      if (moved === 'branch') git(repo, 'update-ref', WRITER, claims[1]!.writer);
      else git(repo, 'update-ref', BRANCH, `${BRANCH}~1`);
      const after = openLane(repo);
      if (moved === 'branch') expect((await after.view()).foreign).toBeNull();
      expect(await after.keep(drafts[1]!, trainPy(1), claims[1]!)).toEqual({
        kind: 'kept',
        commit: tip,
        claim,
      });
      expect(await after.view()).toMatchObject({ foreign: null, writer: claim.writer, kept: { length: 2 } });
    },
  );

  test('an empty repository that a person made is taken, and its clone gives the lane', async () => {
    git(repo, 'init', '-q', '--bare', '--initial-branch=trunk', repo);
    await grow(openLane(repo), 1);
    expect(git(repo, 'symbolic-ref', 'HEAD')).toBe(BRANCH);
  });

  test.each([
    ['a folder with other files', async () => mkdir(join(repo, 'thesis'), { recursive: true }), () => repo],
    [
      'the .git of a work tree',
      async () => execFileSync('git', ['init', '-q', home]),
      () => join(home, '.git'),
    ],
  ])('%s is refused and left as it is', async (_, spoil, where) => {
    await spoil();
    const before = await readdir(where());
    await expect(openLane(where()).claim()).rejects.toThrow(/is not a bare repository: give the path of one/);
    expect(await readdir(where())).toEqual(before);
  });

  test('a path that is a file is refused with what to do', async () => {
    await writeFile(repo, '');
    await expect(openLane(repo).claim()).rejects.toThrow(/cannot hold a repository .*give a path that/);
  });

  test('without git on PATH every way in says what to install', async () => {
    await grow(openLane(repo), 1);
    vi.stubEnv('PATH', join(home, 'nothing'));
    const ways = [
      () => openLane(repo).view(),
      () => openLane(repo).claim(),
      () => openLane(join(home, 'new.git')).claim(),
    ];
    for (const way of ways) {
      const error = await way().catch((e) => e);
      expect(error).toBeInstanceOf(GitMissing);
      expect(error.message).toMatch(/no git on PATH: install git/);
    }
  });
});
