// Which lanes there are: every command asks one function, which passes over what people and clouds put beside them.
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { autoresearch } from './command.ts';
import { type StoredLane, storedLane } from './stored.ts';

let lane: StoredLane;
beforeAll(async () => {
  lane = await storedLane();
  await lane.run(1);
});
afterAll(() => lane[Symbol.asyncDispose]());

test.each<[string, (dir: string) => Promise<unknown>]>([
  ['a copy of the folder', (dir) => cp(join(dir, 'main'), join(dir, 'main-backup'), { recursive: true })],
  ['a copy by a file manager', (dir) => cp(join(dir, 'main'), join(dir, 'main (copy)'), { recursive: true })],
  ['a folder of a cloud', (dir) => mkdir(join(dir, '.stfolder', 'frontier.git'), { recursive: true })],
  ['a repository of somebody', (dir) => mkdir(join(dir, 'other', 'frontier.git'), { recursive: true })],
  ['files', (dir) => writeFile(join(dir, 'Thumbs.db'), 'x')],
  [
    'a folder that nobody may open',
    async (dir) => {
      await mkdir(join(dir, 'closed'));
      await chmod(join(dir, 'closed'), 0);
    },
  ],
])('%s beside it is no lane', async (_, put) => {
  await put(lane.dir);
  const status = await autoresearch('status', '--dir', lane.dir, '-o', 'json');
  expect(status.code, status.err).toBe(0);
  expect(JSON.parse(status.out).map((one: { lane: string }) => one.lane)).toEqual(['main']);
  const list = await autoresearch('list', '--dir', lane.dir);
  expect(list.code, list.err).toBe(0);
});
