import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bundle } from '../../../controller/adapters/git/bundle.ts';
import { objectOf } from '../../../controller/adapters/git/object.ts';
import { ObjectReader } from '../../../controller/adapters/git/reader.ts';
import { storeObjects } from '../../../controller/adapters/git/refs.ts';
import { keepOf } from '../../contract/drafts.ts';
import { frontierConforms } from '../../contract/frontier.ts';
import { MemoryFrontier } from '../../memory/frontier.ts';
import { BRANCH, git, grow, newRepository, openLane, texts, trainPy, WRITER } from './repositories.ts';

frontierConforms('memory', async () => {
  const frontier = new MemoryFrontier();
  return {
    open: () => frontier,
    personCommits: async () => frontier.personCommits(),
    personRewinds: async () => frontier.personRewinds(),
    close: async () => {},
  };
});

frontierConforms('a git repository', async () => {
  const { repo, remove } = await newRepository();
  return {
    open: () => openLane(repo),
    personCommits: async () => {
      const commit = git(repo, 'commit-tree', '-p', BRANCH, '-m', 'my idea', `${BRANCH}^{tree}`);
      git(repo, 'update-ref', BRANCH, commit);
    },
    personRewinds: async () => void git(repo, 'update-ref', BRANCH, `${BRANCH}~1`),
    close: remove,
  };
});

describe('the git frontier', () => {
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

  test('makes commits that git itself would make, and git finds nothing to complain about', async () => {
    const frontier = openLane(repo);
    const { drafts, tip } = await grow(frontier, 3);
    expect(git(repo, 'fsck', '--strict', '--full')).toBe('');
    expect(git(repo, 'rev-parse', 'HEAD', BRANCH)).toBe(`${tip}\n${tip}`);
    const seconds = Math.floor(drafts[2]!.timestampMs / 1000);
    expect(git(repo, 'log', '-1', '--format=%an <%ae> %at %cn <%ce> %ct', BRANCH)).toBe(
      `autoresearch <autoresearch@localhost> ${seconds} autoresearch <autoresearch@localhost> ${seconds}`,
    );
    const trailers = git(repo, 'log', '-1', '--format=%(trailers:only)', BRANCH);
    expect(trailers).toContain('Experiment: 000002\n');
    expect(trailers).toContain('Val-Bpb: 2.800000\n');
    expect(git(repo, 'diff', '--name-only', `${BRANCH}~2`, BRANCH)).toBe('train.py');
    expect(git(repo, 'rev-list', '--count', WRITER)).toBe('4');
  });

  test('sees what moves, wherever git keeps its refs', async () => {
    const frontier = openLane(repo);
    const { tip } = await grow(frontier, 2);
    const before = await frontier.view();
    git(repo, 'pack-refs', '--all');
    expect(await frontier.view()).toEqual(before);
    git(repo, 'update-ref', WRITER, `${WRITER}~1`);
    expect((await frontier.view()).writer).toBe(git(repo, 'rev-parse', WRITER));
    git(repo, 'symbolic-ref', BRANCH, 'refs/heads/elsewhere');
    git(repo, 'update-ref', 'refs/heads/elsewhere', `${tip}~1`);
    expect((await frontier.view()).foreign).toContain('is gone from it');
  });

  test('a clone has the runnable folder of the tip, and so has a clone of the bundle', async () => {
    await grow(openLane(repo), 3);
    await bundle(repo, 'main', join(home, 'lane.bundle'));
    for (const source of [repo, join(home, 'lane.bundle')]) {
      const clone = `${join(home, 'clone')}-${source.length}`;
      git(repo, 'clone', '-q', source, clone);
      expect((await readdir(clone)).sort()).toEqual([...Object.keys(texts), '.git', 'train.py'].sort());
      for (const [name, text] of Object.entries(texts))
        expect(await readFile(join(clone, name), 'utf8')).toBe(text);
      expect(await readFile(join(clone, 'train.py'), 'utf8')).toBe(trainPy(2));
      expect(git(join(clone, '.git'), 'symbolic-ref', 'HEAD')).toBe(BRANCH);
    }
  });

  test('a lane restored from its bundle goes on where it was, with a higher epoch', async () => {
    const { tip } = await grow(openLane(repo), 2);
    await openLane(repo).claim();
    await bundle(repo, 'main', join(home, 'lane.bundle'));
    const other = join(home, 'restored.git');
    git(repo, 'clone', '-q', '--mirror', join(home, 'lane.bundle'), other);
    const restored = openLane(other);
    const claim = await restored.claim();
    expect(claim.epoch).toBe(3);
    expect((await restored.keep(keepOf(2, 'new\n', tip, 1, 3), 'new\n', claim)).kind).toBe('kept');
    expect((await restored.view()).foreign).toBeNull();
  });

  test('bundling a lane that is not there fails and leaves no file', async () => {
    await grow(openLane(repo), 1);
    await expect(bundle(repo, 'other', join(home, 'x.bundle'))).rejects.toThrow(/git bundle failed/);
    expect(await readdir(home)).toEqual(['frontier.git']);
  });

  test('two lanes share a repository without noticing each other', async () => {
    const [one, two] = [openLane(repo, 'main'), openLane(repo, 'other')];
    const first = await grow(one, 2);
    await grow(two, 1);
    expect((await one.view()).writer).toBe(first.claim.writer);
    expect((await one.view()).kept).toHaveLength(2);
    expect((await openLane(repo, 'other').view()).kept).toHaveLength(1);
    expect(git(repo, 'symbolic-ref', 'HEAD')).toBe(BRANCH);
  });

  test('reads a long history in one process, and after that only what is new', async () => {
    const frontier = openLane(repo);
    const { drafts, tip, claim } = await grow(frontier, 9);
    const empty = openLane(repo, 'begun');
    await empty.claim();
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
    const bin = join(home, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'git'),
      `#!/bin/sh\necho start >> ${home}/asked\ntee -a ${home}/asked | exec ${real} "$@"\n`,
    );
    await chmod(join(bin, 'git'), 0o755);
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
    const asked = async () => {
      const lines = await readFile(join(home, 'asked'), 'utf8').catch(() => '');
      await rm(join(home, 'asked'), { force: true });
      return lines.split('\n').slice(0, -1);
    };
    expect((await empty.view()).kept).toEqual([]);
    await asked();
    await empty.view(); // a baseline takes as long as any run, and is watched
    expect(await asked()).toEqual([]);
    const reader = openLane(repo);
    expect((await reader.view()).kept).toHaveLength(drafts.length);
    expect((await asked()).filter((line) => line === 'start')).toHaveLength(1);
    await reader.view();
    expect(await asked()).toEqual([]);
    vi.stubEnv('PATH', process.env.PATH!.split(delimiter).slice(1).join(delimiter));
    await frontier.keep(keepOf(9, 'new\n', tip, 0.5), 'new\n', claim);
    vi.stubEnv('PATH', `${bin}${delimiter}${process.env.PATH}`);
    expect((await reader.view()).kept).toHaveLength(10);
    expect(await asked()).toEqual(['start', WRITER, BRANCH, WRITER, expect.any(String), expect.any(String)]);
  });

  test('objects of every size come back from git under the name they were given', async () => {
    await openLane(repo).claim();
    const sizes = [0, 1, 15, 16, 17, 2047, 2048, 2049, 262_143, 262_144, 5_000_000];
    const blobs = sizes.map((size) => objectOf('blob', Buffer.alloc(size, `${size}\0\n`)));
    await storeObjects(repo, blobs);
    const reader = new ObjectReader(repo);
    const read = await Promise.all(blobs.map(({ sha }) => reader.read(sha)));
    const missing = await reader.read('00'.repeat(20));
    await reader.end();
    expect(read.map((object) => object?.bytes.length)).toEqual(sizes);
    for (const [i, object] of read.entries()) expect(object!.bytes.equals(blobs[i]!.bytes)).toBe(true);
    expect(missing).toBeNull();
  });

  test.each(['', '../main', 'a/b', '.x', 'x.lock', 'a..b', 'a b', '-x', 'x.'])(
    'refuses the lane %j',
    (lane) => {
      expect(() => openLane(repo, lane)).toThrow(/cannot name a branch/);
    },
  );
});
