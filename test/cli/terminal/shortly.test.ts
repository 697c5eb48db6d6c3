import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { shortly } from '../../../controller/cli/terminal/terminal.ts';

const here = process.cwd();

test.each([
  [
    'in the folder where its reader stands',
    join(here, '.autoresearch', 'main'),
    join('.autoresearch', 'main'),
  ],
  ['elsewhere', join(tmpdir(), 'lab'), join(tmpdir(), 'lab')],
  ['above', dirname(here), dirname(here)],
  ['that folder itself', here, here],
  ['beside it, with the same beginning', `${here}-two/main`, `${here}-two/main`],
  ['of a bucket', 's3://bucket/lab', 's3://bucket/lab'],
])('a path %s is told as it can be typed', (_, path, shown) => {
  expect(shortly(path)).toBe(shown);
});
