// Each kind of file of a lane, damaged: what looks at the lane tells the rest, and the loop goes on, or says what to do.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { list } from '../../controller/cli/read/list.ts';
import { pageLaneOf } from '../../controller/cli/read/page-lane.ts';
import { show } from '../../controller/cli/read/show.ts';
import { status } from '../../controller/cli/read/status.ts';
import { noUsage } from '../../controller/core/money.ts';
import { encode } from '../../controller/std/json.ts';
import { mendFrontier } from '../../controller/wiring/frontier.ts';
import { read } from '../../controller/wiring/lane-reader.ts';
import { type StoredLane, storedLane } from './stored.ts';

type Damage = (path: string) => Promise<unknown>;
const empty: Damage = (path) => writeFile(path, '');
const half: Damage = async (path) => {
  const bytes = await readFile(path);
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
};
const random: Damage = (path) =>
  writeFile(
    path,
    Uint8Array.from({ length: 64 }, (_, n) => (n * 151 + 129) % 256),
  );
const gone: Damage = (path) => rm(path, { recursive: true });
const folder: Damage = async (path) => {
  await rm(path, { recursive: true });
  await mkdir(path);
};

interface Case {
  /** Below the folder of the lanes. */
  readonly file: string;
  readonly by: readonly Damage[];
  /** What status, list and show say, where they say anything of it. */
  readonly told?: RegExp;
  /** What holds the loop up; left out where nothing does. */
  readonly holds?: RegExp;
  /** What the words tell a person to do, where the loop does not go on by itself; it does then. */
  readonly mend?: Damage;
}

const ANY = [empty, half, random, folder, gone];
const experiments = 'store/main/experiments';
const OPEN = `${experiments}/000004/proposal.json`;
const record = 'record.json in the store cannot be read; delete it, and the experiment is judged anew';
const CASES: readonly Case[] = [
  { file: 'main/now.json', by: ANY },
  { file: 'main/program.md', by: ANY },
  { file: 'controller.lock', by: [empty, half, random] },
  {
    file: `${experiments}/000002/record.json`,
    by: [empty, half, random],
    told: new RegExp(record),
    holds: new RegExp(record),
    mend: gone,
  },
  { file: `${experiments}/000002/record.json`, by: [gone] },
  {
    file: `${experiments}/000002/record.json`,
    by: [folder],
    holds: /record\.json cannot be used: a folder is where a file should be .*; move it away/,
    mend: gone,
  },
  { file: `${experiments}/000001/proposal.json`, by: [empty, half, random, folder] },
  { file: `${experiments}/000001/1/result.json`, by: ANY },
  { file: `${experiments}/000001/1/train.py`, by: [empty, half, random, folder] },
  {
    file: `${experiments}/000004/proposal.json`,
    by: [empty, half, random],
    told: /000004\/proposal\.json in the store cannot be read; restore it from a copy, or remove its folder/,
    holds: /restore it from a copy, or remove its folder, and the idea is given up/,
    mend: (path) => gone(dirname(path)),
  },
  { file: 'store/main/results.tsv', by: [empty, half, random, gone] },
  {
    file: 'store/main/results.tsv',
    by: [folder],
    holds: /results\.tsv cannot be used: a folder is where a file should be .*; move it away/,
    mend: gone,
  },
  { file: 'store/main/progress.svg', by: [empty, half, random, gone] },
  {
    file: 'store/main/control.json',
    by: [empty, half, random],
    holds: /control\.json cannot be read .*resume/,
    mend: gone,
  },
  { file: 'store/main/steering/1.json', by: ANY },
  { file: 'store/main/steering', by: [(path) => gone(path).then(() => writeFile(path, ''))] },
  { file: 'store/main/imported.json', by: ANY },
  { file: 'store/main/replays/1.json', by: ANY },
  { file: 'main/frontier.git/config', by: [empty, gone] },
];

const bpbOf = (n: number) => (n === 2 ? 3 : 2.5 - n / 100);
let whole: StoredLane;
beforeAll(async () => {
  whole = await storedLane({ bpbOf });
  await whole.run(3);
  const put = async (name: string, value: unknown) => {
    await mkdir(dirname(join(whole.dir, name)), { recursive: true });
    await writeFile(join(whole.dir, name), encode(value));
  };
  const told = { why: '', running: [], waiting: [] };
  await put('main/now.json', { pid: 1, startTime: 'then', state: 'running', ...told });
  await put('main/program.md', 'be bold');
  await put('controller.lock', { pid: 1, startTime: 'then' });
  await put('store/main/control.json', { guidance: 'be bold' });
  await put('store/main/steering/1.json', { who: 'ada', atMs: 1, what: 'guide' });
  await put('store/main/imported.json', { rows: [] });
  await put('store/main/replays/1.json', {});
});
afterAll(() => whole[Symbol.asyncDispose]());

/** What a command says, on both streams. */
async function said(command: () => Promise<unknown>): Promise<string> {
  let words = '';
  const hear = (text: unknown) => {
    words += text;
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(hear as typeof stream.write),
  );
  await command().finally(() => {
    for (const spy of spies) spy.mockRestore();
  });
  return words;
}

const looks = (dir: string) => [
  () => status({ dir }, 'table'),
  () => list({ dir }, {}, 'table'),
  () => show({ dir }, '3', {}, 'table'),
];

test.each(CASES.flatMap((one) => one.by.map((by) => ({ ...one, by, how: by.name }))))(
  '$file, $how',
  async ({ file, by, told, holds, mend }) => {
    await using lane = await storedLane({ bpbOf, from: whole.dir });
    if (file === OPEN) await mkdir(dirname(join(lane.dir, file)));
    if (file === OPEN) await writeFile(join(lane.dir, file), '{ "experiment": 4 }');
    await by(join(lane.dir, file));
    for (const look of looks(lane.dir)) expect(await said(look)).toContain('edit 3');
    if (told) expect(await said(() => list({ dir: lane.dir }, {}, 'table'))).toMatch(told);
    await mendFrontier({ url: '', credentials: '' }, lane.paths, 'main'); // as dev does
    const held = await lane.heldUp(5);
    if (!holds) return expect(held).toBeNull();
    expect(held).toMatch(holds);
    await mend!(join(lane.dir, file));
    expect(await lane.heldUp(5)).toBeNull();
  },
);

test.each([empty, random, gone])('the HEAD of the frontier, %o', async (by) => {
  await using lane = await storedLane({ bpbOf, from: whole.dir });
  const head = join(lane.paths.frontier('main'), 'HEAD');
  const before = await readFile(head, 'utf8');
  await by(head);
  for (const look of looks(lane.dir))
    await expect(look()).rejects.toThrow(
      /HEAD is damaged, so that git reads nothing there; autoresearch dev/,
    );
  await mendFrontier({ url: '', credentials: '' }, lane.paths, 'main');
  expect(await readFile(head, 'utf8')).toBe(before);
  for (const look of looks(lane.dir)) expect(await said(look)).toContain('edit 3');
});

describe.each([
  ['branch', 'refs/heads/autoresearch/main'],
  ['writer', 'refs/autoresearch/main/writer'],
])('the %s of the frontier', (_, ref) => {
  test.each([empty, half, random])('torn by a crash is put back as the lane begins: %o', async (by) => {
    await using lane = await storedLane({ bpbOf, from: whole.dir });
    await by(join(lane.paths.frontier('main'), ref));
    await mendFrontier({ url: '', credentials: '' }, lane.paths, 'main');
    for (const look of looks(lane.dir)) expect(await said(look)).toContain('edit 3');
    expect(await lane.heldUp(5)).toBeNull();
  });

  test('to an object that is gone is no lane without keeps', async () => {
    await using lane = await storedLane({ bpbOf, from: whole.dir });
    const objects = join(lane.paths.frontier('main'), 'objects');
    await folder(objects);
    const way = /object \w+ is missing or corrupt\): run `git fsck` there, and restore it from a clone/;
    for (const look of looks(lane.dir)) await expect(look()).rejects.toThrow(way);
    expect(await lane.heldUp(5)).toMatch(way);
  });
});

test('a branch that is gone is told first, with the command that puts it back, and what is left is shown', async () => {
  await using lane = await storedLane({ bpbOf, from: whole.dir });
  await gone(join(lane.paths.frontier('main'), 'refs', 'heads', 'autoresearch', 'main'));
  const way = /is not as this lane left it: .* put the branch back with git \S+ update-ref/;
  for (const look of looks(lane.dir).slice(0, 2)) expect(await said(look)).toMatch(way);
  expect(await lane.heldUp(5)).toMatch(way);
});

test.each([empty, half, random])(
  'a call of the model, %o, is told by status and hides nothing',
  async (by) => {
    await using lane = await storedLane({ bpbOf, from: whole.dir });
    const path = join(lane.dir, 'store/main/spend/1.json');
    await mkdir(dirname(path));
    await writeFile(path, '{ "n": 1, "purpose": "propose" }');
    await by(path);
    const words = await said(() => status({ dir: lane.dir }, 'table'));
    expect(words).toContain('edit 3');
    expect(words.replace(/\s+/g, ' ')).toMatch(/spend\/1\.json in the store cannot be read; restore it/i);
  },
);

test('what was spent over time leaves out the moment of a damaged call, and counts its cost', async () => {
  await using lane = await storedLane({ bpbOf, from: whole.dir });
  const spend = join(lane.dir, 'store/main/spend');
  const call = { purpose: 'propose', experiment: null, model: 'm' };
  const made = (n: number) => ({ n, ...call, nanoUsd: 9e9, tokens: 1, capNanoUsd: 1e12, atMs: n });
  const settled = { ...call, nanoUsd: 1e9, usage: { ...noUsage, outputTokens: 1 }, seconds: 1, outcome: '' };
  await mkdir(spend);
  for (const n of [1, 2]) {
    await writeFile(join(spend, `${n}.json`), n === 1 ? '' : encode(made(n)));
    await writeFile(join(spend, `${n}-settled.json`), encode({ n, ...settled }));
  }
  const page = pageLaneOf(await read({ dir: lane.dir }), '0.0.0');
  expect(await page.spent()).toEqual([[2, 2]]);
});
