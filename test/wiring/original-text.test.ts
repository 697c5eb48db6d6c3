// A lane of a person's own text whose text is damaged: it becomes what it was, whatever is left of it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { trainers } from '../../controller/settings/trainers.ts';
import { prepareText } from '../../controller/wiring/dataset.ts';
import { originalOf } from '../../controller/wiring/original-text.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';

let home: string;
let book: string;
let paths: LanePaths;
let made: string;

async function opened(): Promise<string> {
  const source = { text: await originalOf('main', paths, book), prepare: '' };
  const store = new DirectoryStore(paths.store);
  return (await prepareText(paths, 'main', store, trainers.cpu, source)).dataSha256;
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'original-'));
  paths = new LanePaths(join(home, 'lab'));
  book = join(home, 'book.txt');
  await writeFile(book, Array.from({ length: 40_000 }, (_, n) => `line ${n}\n`).join(''));
  made = await opened();
});
afterAll(() => rm(home, { recursive: true, force: true }));

const gone = (path: string) => rm(path, { recursive: true });
const cut = (path: string) => writeFile(path, '{');

test.each<[string, () => Promise<unknown>]>([
  ['the training text is cut short', () => cut(join(paths.text('main'), 'train.bin'))],
  ['the sample is gone', () => gone(join(paths.text('main'), 'sample.bin'))],
  ['what is recorded of it is cut short', () => cut(join(paths.text('main'), 'meta.json'))],
  ['the whole folder is gone', () => gone(paths.text('main'))],
  ['the validation text is cut short', () => cut(join(paths.sealed('main'), 'val.bin'))],
  ['what is recorded of that is cut short', () => cut(join(paths.sealed('main'), 'meta.json'))],
  [
    'what is recorded of that says nothing',
    () => writeFile(join(paths.sealed('main'), 'meta.json'), '{"schema":1}'),
  ],
  ['its folder is gone', () => gone(paths.sealed('main'))],
])('%s', async (_, damage) => {
  await damage();
  expect(await opened()).toBe(made);
});

test('a whole one needs its original no more', async () => {
  await rm(book);
  expect(await opened()).toBe(made);
});

test('a damaged one without its original stays as it is, and that is said', async () => {
  await cut(join(paths.text('main'), 'train.bin'));
  await expect(opened()).rejects.toThrow(/book\.txt, which it was made from, is gone; put it back as it was/);
});
