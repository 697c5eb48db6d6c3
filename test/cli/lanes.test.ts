// Which lanes there are: every command asks one function, which passes over what people and clouds put beside them.
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
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

test.each(['store', 'runs', 'main', 'store/main', 'main/frontier.git'])(
  '%s of it is no folder of lanes: dev begins nothing there, and status says which one is meant',
  async (part) => {
    const folder = join(lane.dir, part);
    const meant = `${folder} is a part of ${lane.dir}, which holds lanes; give --dir ${lane.dir}, or a folder of its own`;
    const begun = await autoresearch('dev', '--experiments', '0', '--dir', folder);
    expect([begun.code, begun.err]).toEqual([2, `autoresearch: ${meant}`]);
    expect(await readdir(folder).catch(() => [])).not.toContain('controller.lock');
    const status = await autoresearch('status', '--dir', folder);
    expect([status.code, status.err]).toEqual([3, `autoresearch: ${meant}`]);
  },
);

describe('one damaged record', () => {
  let torn: StoredLane;
  const record = () => join(torn.paths.store, 'main', 'experiments', '000002', 'record.json');
  const named =
    'main/experiments/000002/record.json in the store cannot be read; delete it, and the experiment is judged anew';
  beforeAll(async () => {
    torn = await storedLane({ bpbOf: (n) => (n === 2 ? 3 : 2.5 - n / 100) });
    await torn.run(3);
    await writeFile(record(), '');
  });
  afterAll(() => torn[Symbol.asyncDispose]());

  test.each([
    ['list', ['-o', 'json']],
    ['show', ['3']],
  ])('is named by %s, with what to do, and the others are shown', async (command, words) => {
    const said = await autoresearch(command, ...words, '--dir', torn.dir);
    expect([said.code, said.err]).toEqual([0, named]);
    expect(said.out).toContain('000003');
  });

  test('is why status says that something is wrong, and it counts the others', async () => {
    const said = await autoresearch('status', '--dir', torn.dir, '-o', 'json');
    expect(JSON.parse(said.out)).toMatchObject([{ lane: 'main', why: named, experiments: 2 }]);
  });

  test('is left out of no file that is written: export and rebuild refuse', async () => {
    const before = await readFile(torn.paths.results('main'));
    const said = await autoresearch('rebuild', '--dir', torn.dir);
    expect([said.code, said.err]).toEqual([3, `autoresearch: ${named}`]);
    expect(await readFile(torn.paths.results('main'))).toEqual(before);
  });

  test('is judged anew once it is deleted, by what was measured, and no other row changes', async () => {
    const rows = async () => {
      const decoded = decode(await readFile(torn.paths.results('main'), 'utf8'));
      return decoded.kind === 'rows' ? decoded.rows : [];
    };
    const before = await rows();
    await rm(record());
    await torn.run(3);
    const after = await rows();
    const others = (all: typeof before) => all.filter(({ experiment }) => experiment !== '000002');
    expect(others(after)).toEqual(others(before));
    expect(after.find(({ experiment }) => experiment === '000002')).toMatchObject({
      status: 'discard',
      val_bpb: '3.000000',
    });
  });
});

test('a lane that cannot be read hides no other from status, and is named', async () => {
  const two = await storedLane();
  try {
    await two.run(1);
    await cp(join(two.dir, 'main'), join(two.dir, 'other'), { recursive: true });
    const head = join(two.dir, 'other', 'frontier.git', 'HEAD');
    await writeFile(head, 'ref: refs/heads/autoresearch/other\n');
    await writeFile(join(two.dir, 'other', 'frontier.git', 'config'), '[core\n');
    const said = await autoresearch('status', '--dir', two.dir, '-o', 'json');
    expect(JSON.parse(said.out)).toMatchObject([{ lane: 'main', experiments: 1 }]);
    expect(said.err).toContain(join(two.dir, 'other', 'frontier.git'));
    expect(said.code).not.toBe(0);
  } finally {
    await two[Symbol.asyncDispose]();
  }
});
