// A lane out of the way: into a folder of its own that reads like any other, or for good; never while it is in use.
import { access, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processOf } from '../../controller/adapters/process/liveness.ts';
import { autoresearch } from './command.ts';
import { type StoredLane, storedLane } from './stored.ts';

let lane: StoredLane;
beforeEach(async () => {
  lane = await storedLane();
  await lane.run(2);
});
afterEach(() => lane[Symbol.asyncDispose]());

const say = (...args: string[]) => autoresearch(...args, '--dir', lane.dir);
const me = () => JSON.stringify({ pid: process.pid, startTime: processOf(process.pid)!.startTime });

test('an archived lane reads from its own folder, to the byte, and a lane of its name can begin anew', async () => {
  const before = (await say('list', '-o', 'tsv')).out;
  const said = await say('archive', '--yes');
  expect(said.code, said.err).toBe(0);
  const [, to] = /lies in (\S+); look at it with \S+ list --dir \1/.exec(said.err)!;
  expect((await autoresearch('list', '--dir', to!, '-o', 'tsv')).out).toBe(before);
  expect((await autoresearch('rebuild', '--dir', to!)).err).toContain('as it was, to the byte');
  expect((await say('list')).err).toContain('holds no lane');

  await cp(to!, lane.dir, { recursive: true });
  const again = await say('archive', '--yes');
  expect(again.code, again.err).toBe(0);
  expect(await readdir(join(lane.dir, '_archive'))).toHaveLength(2);
});

test('a removed lane is gone, with what lay in the store and of its runs, and nothing else', async () => {
  const run = join(lane.paths.runs, 'main-000003-a1');
  const other = join(lane.paths.runs, 'other-000003-a1');
  for (const folder of [run, other]) await mkdir(folder, { recursive: true });
  const said = await say('remove', '--yes');
  expect([said.code, said.err]).toEqual([0, 'main is removed']);
  expect(await readdir(lane.paths.store)).not.toContain('main');
  expect(await readdir(lane.paths.runs)).toEqual(['other-000003-a1']);
  await expect(access(join(lane.dir, 'main'))).rejects.toThrow();
});

test('a lane that cannot be read can be removed, too', async () => {
  await writeFile(join(lane.paths.store, 'main', 'experiments', '000001', 'record.json'), '{');
  expect((await say('remove', '--yes')).code).toBe(0);
});

describe.each(['archive', 'remove'])('%s', (what) => {
  test('asks, and where nobody can answer says how to answer before', async () => {
    const said = await say(what);
    expect(said.code).toBe(2);
    expect(said.err).toMatch(
      new RegExp(`nobody can answer here; add --yes, as in \\S+ ${what} --lane main --yes`),
    );
    expect((await say('list')).code).toBe(0);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'the folder',
      () => writeFile(lane.paths.lock, me()),
      /another controller \(process \d+\) works in .*; stop it first/,
    ],
    [
      'the lane, on a volume',
      () =>
        writeFile(
          lane.paths.status('main'),
          JSON.stringify({ ...JSON.parse(me()), state: 'running', why: '', running: [], waiting: [] }),
        ),
      /the controller of main is at work \(process \d+\); stop it first/,
    ],
  ])('leaves it while a controller holds %s', async (_, hold, words) => {
    await hold();
    const said = await say(what, '--yes');
    expect([said.code, said.err]).toEqual([3, expect.stringMatching(words)]);
    expect((await say('list')).code).toBe(0);
  });

  test('leaves it where the lane lives elsewhere', async () => {
    const said = await say(what, '--yes', '--store', 's3://somewhere/lab', '--lane', 'main');
    expect(said.code).toBe(3);
    expect(said.err).toContain('main lies in s3://somewhere/lab, where nothing is deleted from here');
  });
});
