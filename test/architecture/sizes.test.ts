import { expect, test } from 'vitest';
import { rules } from './rules.ts';
import { fullFolders, largeSums, longFiles } from './sizes.ts';

const ofLines = (lines: number) => 'a = 1\n'.repeat(lines);

test.each<[string, string, number, boolean]>([
  ['of exactly the length', 'controller/core/x.ts', 250, false],
  ['a line longer', 'controller/core/x.ts', 251, true],
  ['of Python, a line longer', 'harness/seal/x.py', 251, true],
  ['of tests as long', 'test/core/x.test.ts', 450, false],
  ['of tests, a line longer', 'test/core/x.test.ts', 451, true],
])('a file %s', (_, path, lines, isWrong) => {
  expect(longFiles(new Map([[path, ofLines(lines)]]), { ...rules, longer: {} })).toHaveLength(
    Number(isWrong),
  );
});

test.each<[string, number, number]>([
  ['longer stays', 251, 0],
  ['short again has to leave', 250, 1],
  ['gone has to leave', 0, 1],
])('on the list of longer files what is %s', (_, lines, wrong) => {
  const longer = { 'controller/core/x.ts': 'a reason' };
  expect(longFiles(new Map([['controller/core/x.ts', ofLines(lines)]]), { ...rules, longer })).toHaveLength(
    wrong,
  );
});

test('a folder is full with one file too many, those below it not counted', () => {
  const paths = ['a/1', 'a/2', 'a/3', 'a/b/1', 'a/b/2'];
  expect(fullFolders(paths, { mostFiles: 2 })).toEqual(['a holds 3 files, of 2 at most; make rooms in it']);
});

test.each([
  ['core with its log', { 'controller/core/a.ts': 1500, 'controller/core/log/b.ts': 800 }, 0],
  ['core with its log, a line longer', { 'controller/core/a.ts': 1500, 'controller/core/log/b.ts': 801 }, 1],
  ['the kernel', { 'controller/core/a.ts': 1700, 'controller/core/money.ts': 600 }, 0],
  ['the kernel, a line longer', { 'controller/core/a.ts': 1701, 'controller/core/money.ts': 500 }, 1],
])('%s', (_, sizes, wrong) => {
  const files = new Map(Object.entries(sizes).map(([path, lines]) => [path, ofLines(lines)]));
  expect(largeSums(files, rules)).toHaveLength(wrong);
});
