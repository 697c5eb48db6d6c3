// A lane stays what it was begun with: a later start goes on with that, and one that says something else runs nothing.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../../controller/report/results-tsv.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { autoresearch } from '../command.ts';

let home: string;
let dir: string;
let mine: string;
const begun = () => [
  ...['--clock', 'virtual', '--budget', '0.5s', '--seed', '7', '--confirm', '1', '--require-sealed'],
  ...['--trainer', 'cpu', '--train-py', mine, '--text', join(home, 'book.txt')],
];
const dev = (...args: string[]) => autoresearch('dev', '--plain', '--dir', dir, ...args);
const experiments = () => readdir(join(dir, 'store', 'main', 'experiments'));

async function rows() {
  const decoded = decode(await readFile(join(dir, 'store', 'main', 'results.tsv'), 'utf8'));
  if (decoded.kind !== 'rows') throw new Error('results.tsv cannot be read');
  return decoded.rows;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'begun-'));
  dir = join(home, 'lab');
  mine = join(home, 'mine.py');
  await writeFile(mine, `# my own\n${await readFile(join(checkout.cpu, 'train.py'), 'utf8')}`);
  const docs = join(checkout.root, 'docs');
  const pages = (await readdir(docs)).filter((name) => name.endsWith('.md'));
  const texts = await Promise.all(pages.map((name) => readFile(join(docs, name), 'utf8')));
  await writeFile(join(home, 'book.txt'), texts.join(''));
  const said = await dev(...begun(), '--experiments', '0');
  expect(said.code, said.err).toBe(0);
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('the same first file with other ends of lines is the same', async () => {
  const other = join(home, 'windows.py');
  await writeFile(other, (await readFile(mine, 'utf8')).replaceAll('\n', '\r\n'));
  const said = await dev('--train-py', other, '--experiments', '0');
  expect(said.code, said.err).toBe(0);
});

describe('another value is refused before any run, with the lane’s own and the way out', () => {
  const cases: [string, string[], string][] = [
    ['budget', ['--budget', '1s'], '--budget 0.5s, and not 1s; leave --budget out'],
    ['seed', ['--seed', '42'], '--seed 7, and not 42; leave --seed out'],
    ['confirm', ['--confirm', '0'], '--confirm 1, and not 0; leave --confirm out'],
    ['trainer', ['--trainer', 'gpu'], '--trainer cpu, and not gpu; leave --trainer out'],
    ['clock', ['--clock', 'cpu'], '--clock virtual, and not cpu; leave --clock out'],
    ['prepare', ['--prepare', '--seq 512'], '--prepare "", and not "--seq 512"; leave --prepare out'],
  ];

  test.each(cases)('%s', async (_, flags, words) => {
    const before = await experiments();
    const said = await dev(...flags, '--experiments', '9');
    expect(said.err).toContain(`lane main was begun with ${words} to go on, or begin another lane`);
    expect([said.code, said.out]).toEqual([2, '']);
    expect(await experiments()).toEqual(before);
  });

  test('requireSealed, which only a file can take back', async () => {
    const file = join(home, 'open.yaml');
    await writeFile(file, 'requireSealed: false\n');
    const said = await dev('--config', file, '--experiments', '9');
    expect(said.err).toContain('was begun with --require-sealed true, and not false');
    expect(said.code).toBe(2);
  });

  test('the first train.py, which is told how to be tried', async () => {
    const other = join(home, 'other.py');
    await writeFile(other, 'print(1)\n');
    const said = await dev('--train-py', other, '--experiments', '9');
    expect(said.err).toMatch(/was begun with another train\.py; try this one with \.\/autoresearch try FILE/);
    expect(said.code).toBe(2);
  });

  test('the text, by what it says and not by its name', async () => {
    const moved = join(home, 'moved.txt');
    await writeFile(moved, await readFile(join(home, 'book.txt')));
    const same = await dev('--text', moved, '--experiments', '0');
    expect(same.code, same.err).toBe(0);
    await writeFile(moved, 'Another book. '.repeat(20_000));
    const said = await dev('--text', moved, '--experiments', '9');
    expect(said.err).toContain('begin a new lane for it');
    expect(said.code).toBe(3);
  });
});

test('the same values go on, and so does no value at all', async () => {
  const same = await dev(...begun(), '--experiments', '0');
  expect(same.code, same.err).toBe(0);
  const bare = await dev('--experiments', '1');
  expect(bare.code, bare.err).toBe(0);
  expect(bare.err).toContain('CPU, 0.5 s of training per run');
  expect(bare.err).toContain(`text      ${join(home, 'book.txt')}`);
  const [first, second] = await rows();
  expect(second).toMatchObject({ experiment: '000001', seed: '7', error: '' });
  expect(first).toMatchObject({ seed: '7' });
});

describe('a damaged text', () => {
  const damage = () => writeFile(join(dir, 'main', 'text', 'train.bin'), 'x');

  test('is made from the person’s own file again, and the lane goes on', async () => {
    await damage();
    const said = await dev('--experiments', '2');
    expect(said.code, said.err).toBe(0);
    expect((await rows()).at(-1)).toMatchObject({ experiment: '000002', error: '' });
  });

  test('whose file is another by now is refused, and becomes what it was once that is back', async () => {
    const book = join(home, 'book.txt');
    const was = await readFile(book);
    await writeFile(book, 'Another book. '.repeat(20_000));
    await damage();
    const said = await dev('--experiments', '9');
    expect([said.code, said.out]).toEqual([3, '']);
    expect(said.err).toContain(`${book}, which it was made from, is another file now; put it back as it was`);
    await writeFile(book, was);
    const again = await dev('--experiments', '0');
    expect(again.code, again.err).toBe(0);
  });

  test('is not made of another secret', async () => {
    const seed = join(dir, 'store', 'main', 'sealed', 'seed');
    const was = await readFile(seed);
    await writeFile(seed, was.subarray(0, 20));
    const said = await dev('--experiments', '9');
    expect([said.code, said.out]).toEqual([3, '']);
    expect(said.err).toContain(
      'main/sealed/seed in the store is not what the text of lane main was made from',
    );
    await writeFile(seed, was);
    const again = await dev('--experiments', '0');
    expect(again.code, again.err).toBe(0);
  });
});

test('status tells what it is', async () => {
  const [status] = JSON.parse((await autoresearch('status', '--dir', dir, '-o', 'json')).out);
  expect(status).toMatchObject({
    trainer: 'cpu',
    budget: '0.5s',
    clock: 'virtual',
    seed: 7,
    confirm: 1,
    require_sealed: 'true',
    text: join(home, 'book.txt'),
  });
});

test('a damaged record is named, with what to do, and doing it goes on', async () => {
  const record = join(dir, 'store', 'main', 'lane.json');
  await writeFile(record, '{');
  const said = await dev('--experiments', '1');
  expect(said.err).toContain(
    'main/lane.json in the store is damaged: it does not say what lane main was begun with; remove it',
  );
  expect(said.code).toBe(3);
  const status = await autoresearch('status', '--dir', dir, '-o', 'json');
  expect(status.code, status.err).toBe(0);
  expect(JSON.parse(status.out)).toMatchObject([{ why: expect.stringContaining('lane.json in the store') }]);
  await rm(record);
  const clock = ['--clock', 'virtual', '--confirm', '1', '--require-sealed'];
  const again = await dev(...clock, '--experiments', '1');
  expect(again.code, again.err).toBe(0);
  expect(JSON.parse(await readFile(record, 'utf8'))).toMatchObject({ seed: 7, budgetSeconds: 0.5 });
});
