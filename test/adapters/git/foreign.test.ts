import { execFileSync } from 'node:child_process';
import { chmod, cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GitFailed } from '../../../controller/adapters/git/errors.ts';
import { encodeMessage } from '../../../controller/adapters/git/trailers.ts';
import { keepOf } from '../../contract/drafts.ts';
import { BRANCH, git, grow, newRepository, openLane, WRITER } from './repositories.ts';

describe('a lane with two commits:', () => {
  let template: Awaited<ReturnType<typeof newRepository>>;
  let grown: Awaited<ReturnType<typeof grow>>;
  let home: string;
  let repo: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    template = await newRepository();
    grown = await grow(openLane(template.repo), 2);
  });
  afterAll(() => template.remove());
  beforeEach(async () => {
    ({ home, repo, remove } = await newRepository());
    await cp(template.repo, repo, { recursive: true });
  });
  afterEach(() => remove());

  describe('when a person', () => {
    /** A commit on the branch made by hand: a message, and what it does to the tree of its parent. */
    function commit(message: string, files: Record<string, string> = {}, parents = [BRANCH]): string {
      const index = { ...process.env, GIT_DIR: repo, GIT_INDEX_FILE: join(home, 'index') };
      const at = { env: index, encoding: 'utf8', stdio: 'pipe' } as const;
      execFileSync('git', ['read-tree', BRANCH], at);
      for (const [path, text] of Object.entries(files)) {
        const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], { ...at, input: text }).trim();
        execFileSync('git', ['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], at);
      }
      const tree = execFileSync('git', ['write-tree'], at).trim();
      const date = `${Math.floor(keepOf(2, '', null, 1).timestampMs / 1000)} +0000`;
      const who = { NAME: 'autoresearch', EMAIL: 'autoresearch@localhost', DATE: date };
      const by = Object.entries(who).flatMap(([k, v]) => [
        [`GIT_AUTHOR_${k}`, v],
        [`GIT_COMMITTER_${k}`, v],
      ]);
      const run = ['commit-tree', ...parents.flatMap((parent) => ['-p', parent]), tree];
      return execFileSync('git', run, {
        ...at,
        env: { ...index, ...Object.fromEntries(by) },
        input: message,
      }).trim();
    }
    const better = () => keepOf(2, 'better\n', git(repo, 'rev-parse', BRANCH), 0.5);
    const push = (sha: string) => git(repo, 'update-ref', BRANCH, sha);

    test.each<[string, () => unknown, RegExp]>([
      [
        'commits',
        () => push(commit('My idea\n', { 'train.py': 'x' })),
        /"My idea" by autoresearch .*not a decision/,
      ],
      [
        'commits under the name of a keep, with another train.py',
        () => push(commit(encodeMessage(better()), { 'train.py': 'other\n' })),
        /not the one that was measured/,
      ],
      [
        'changes prepare.py along with a keep',
        () => push(commit(encodeMessage(better()), { 'train.py': 'better\n', 'prepare.py': 'easier\n' })),
        /changes more than train\.py/,
      ],
      [
        'adds a file along with a keep',
        () => push(commit(encodeMessage(better()), { 'train.py': 'better\n', 'sitecustomize.py': '' })),
        /changes more than train\.py/,
      ],
      [
        'keeps what is not better',
        () => push(commit(encodeMessage({ ...better(), valBpb: 2.9 }), { 'train.py': 'better\n' })),
        /metric is not lower/,
      ],
      [
        'keeps a discard',
        () => push(commit(encodeMessage({ ...better(), status: 'discard' }), { 'train.py': 'better\n' })),
        /not a keep on its parent/,
      ],
      [
        'keeps what was decided on another tip',
        () => push(commit(encodeMessage({ ...better(), tip: '1'.repeat(40) }), { 'train.py': 'better\n' })),
        /not a keep on its parent/,
      ],
      [
        'merges',
        () => push(commit(encodeMessage(better()), { 'train.py': 'better\n' }, [BRANCH, `${BRANCH}~1`])),
        /author, date or parents/,
      ],
      [
        'edits a message',
        () => push(commit(encodeMessage(better()).replace('double', 'halve'))),
        /was edited/,
      ],
      ['takes a commit off', () => push(git(repo, 'rev-parse', `${BRANCH}~1`)), /is gone from it/],
      ['deletes the branch', () => git(repo, 'update-ref', '-d', BRANCH), /is gone from it/],
      [
        'begins the branch anew',
        () => push(git(repo, 'commit-tree', '-m', 'fresh', `${BRANCH}^{tree}`)),
        /fresh|is gone/,
      ],
    ])('%s, the view says what and the command that puts it back, whoever looks', async (_, act, why) => {
      const frontier = openLane(repo);
      const { tip } = grown;
      expect((await frontier.view()).foreign).toBeNull();
      const draft = better();
      act();
      const views = [await frontier.view(), await openLane(repo).view()];
      const after = await frontier.claim();
      views.push(await openLane(repo).view());
      for (const { foreign } of views) {
        expect(foreign).toMatch(why);
        expect(foreign).toContain(`${BRANCH} is not as this lane left it`);
      }
      for (const { foreign } of views.slice(0, 2)) {
        const [, command] = /with git (.*)$/.exec(foreign!)!;
        execFileSync('git', command!.split(' '), { stdio: 'pipe' });
      }
      expect(git(repo, 'rev-parse', BRANCH)).toBe(tip);
      for (const reader of [frontier, openLane(repo)]) expect((await reader.view()).foreign).toBeNull();
      expect((await frontier.keep(draft, 'better\n', after)).kind).toBe('kept');
    });

    test('puts something else at the writer ref, view and claim say so', async () => {
      const frontier = openLane(repo);
      git(repo, 'update-ref', WRITER, BRANCH);
      expect((await frontier.view()).foreign).toMatch(/was not written by autoresearch: put back/);
      await expect(frontier.claim()).rejects.toThrow(/was not written by autoresearch: put back/);
      git(repo, 'update-ref', WRITER, grown.claim.writer);
      expect((await frontier.view()).foreign).toBeNull();
    });

    test('pushed before the lane began, their commits can be set aside', async () => {
      await rm(repo, { recursive: true });
      git(repo, 'init', '-q', '--bare', repo);
      const tree = execFileSync('git', ['--git-dir', repo, 'mktree'], { input: '', encoding: 'utf8' }).trim();
      push(git(repo, 'commit-tree', '-m', 'first', tree));
      const frontier = openLane(repo);
      const claim = await frontier.claim();
      const { foreign } = await frontier.view();
      expect(foreign).toMatch(/"first" by Ada <ada@example.org>: its message is not a decision/);
      execFileSync('git', /with git (.*)$/.exec(foreign!)![1]!.split(' '), { stdio: 'pipe' });
      expect(git(repo, 'log', '--format=%s', 'set-aside')).toBe('first');
      expect((await frontier.view()).foreign).toBeNull();
      expect((await frontier.keep(keepOf(0, 'a\n', null, 3), 'a\n', claim)).kind).toBe('kept');
    });
  });

  test.each(['~1:train.py', '~1^{tree}', '~1', '^{tree}', '^{commit}'])(
    'an object that rotted (%s) is an error with what to do, never a verdict on the branch',
    async (name) => {
      const sha = git(repo, 'rev-parse', `${BRANCH}${name}`);
      const path = join(repo, 'objects', sha.slice(0, 2), sha.slice(2));
      await chmod(path, 0o644);
      await writeFile(path, 'rot');
      const error = await openLane(repo)
        .view()
        .catch((e) => e);
      expect(error).toBeInstanceOf(GitFailed);
      expect(error.message).toMatch(/run `git fsck` there, and restore it from a clone or an export$/);
    },
  );
});
