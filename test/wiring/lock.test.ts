// The lock of a folder, by several that want it at the same moment.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../controller/intent.ts';
import { isLocked, lock } from '../../controller/wiring/lock.ts';

const DEAD = JSON.stringify({ pid: 1, startTime: 'of another boot' });
const STARTS = 5;
const ROUNDS = 50;

let home: string;
let file: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'lock-'));
  file = join(home, 'lab', 'controller.lock');
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe.each<[string, () => Promise<unknown>]>([
  ['nobody had', async () => {}],
  ['somebody dead had', () => writeFile(file, DEAD)],
  ['a crash left empty', () => writeFile(file, '')],
  [
    'somebody died of while taking it over',
    async () => {
      await writeFile(file, DEAD);
      await writeFile(`${file}.after-${sha256Hex(DEAD).slice(0, 16)}`, DEAD);
    },
  ],
])('one that %s', (_, leave) => {
  test('goes to one of those that start at once, and the others hear of that one', async () => {
    await mkdir(join(home, 'lab'), { recursive: true });
    for (let round = 0; round < ROUNDS; round++) {
      await leave();
      const starts = await Promise.allSettled(Array.from({ length: STARTS }, () => lock(file)));
      const taken = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      const refused = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason.message] : []));
      expect(taken).toHaveLength(1);
      expect(new Set(refused)).toEqual(
        new Set([
          `another controller (process ${process.pid}) works in ${join(home, 'lab')}; stop it first, or choose another folder with --dir`,
        ]),
      );
      expect(await isLocked(file)).toBe(true);
      await taken[0]!();
      expect(await readdir(join(home, 'lab'))).toEqual([]);
    }
  });
});

test('one that is a folder is named, with what to do', async () => {
  await mkdir(file, { recursive: true });
  await expect(lock(file)).rejects.toThrow(
    /controller\.lock cannot be used: a folder is where a file should be .*; move it away/,
  );
  expect(await isLocked(file)).toBe(false);
});
