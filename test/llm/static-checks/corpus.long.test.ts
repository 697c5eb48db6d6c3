// That the corpora are what they say: every crashing edit crashes, every good one runs to its summary.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from '../../../controller/core/log/summary.ts';
import { apply } from '../../../controller/llm/edits.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { crashing } from './crashing.ts';
import { good } from './good.ts';

let folder: string;
let trainPy: string;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpus-'));
  trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  env = {
    PYTHONPATH: checkout.cpu,
    PYTHONDONTWRITEBYTECODE: '1',
    AUTORESEARCH_TEXT: join(folder, 'text'),
    AUTORESEARCH_CLOCK: 'virtual',
    AUTORESEARCH_BUDGET: '0.02',
  };
  const make =
    'import os, pathlib, prepare; prepare.make_text(pathlib.Path(os.environ["AUTORESEARCH_TEXT"]))';
  await execa(checkout.python, ['-c', make], { env });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ends(search: string, replace: string) {
  const edited = apply(trainPy, [{ search, replace }]);
  if (edited.kind === 'refused') throw new Error(edited.sentence);
  const file = join(folder, 'train.py');
  await writeFile(file, edited.text);
  const { exitCode, stdout, stderr } = await execa(checkout.python, [file], {
    env,
    reject: false,
    timeout: 120_000,
  });
  return { exitCode, summary: parse(Buffer.from(stdout)).kind === 'summary', stderr };
}

test('there are sixty slips and a hundred and twenty good lines', () => {
  expect([crashing.length, good.length]).toEqual([60, 120]);
});

test.each(crashing.map((slip, i) => [i + 1, ...slip] as const))(
  'slip %i, %s, crashes',
  async (_, __, a, b) => {
    expect(await ends(a, b)).toMatchObject({ exitCode: 1, summary: false });
  },
);

test.each(good.map((line, i) => [i + 1, ...line] as const))('good line %i runs', async (_, a, b) => {
  expect(await ends(a, b)).toMatchObject({ exitCode: 0, summary: true });
});
