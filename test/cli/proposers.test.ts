// Who has the ideas, as a person chooses it: the real command, trainer, supervisor, repository and store.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { autoresearch, heard, start } from './command.ts';

let dir: string;
const run = ['dev', '--clock', 'virtual', '--budget', '0.5s', '--plain'];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'proposers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function rows(folder: string) {
  const decoded = decode(await readFile(join(folder, 'store', 'main', 'results.tsv'), 'utf8'));
  if (decoded.kind !== 'rows') throw new Error(decoded.sentence);
  return decoded.rows.map(({ experiment, source, description }) => [experiment, source, description]);
}

test('with none a lane waits for what a person tries, and measures that', async () => {
  const folder = join(dir, 'none');
  const lane = start(...run, '--dir', folder, '--proposer', 'none', '--experiments', '1');
  await heard(lane.stderr, 'autoresearch try FILE -m TEXT');
  await heard(lane.stderr, 'nobody proposes here');
  const file = join(dir, 'mine.py');
  const first = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  await writeFile(file, first.replace('LEARNING_RATE = 0.005 ', 'LEARNING_RATE = 0.006 '));
  const queued = await autoresearch('try', file, '-m', 'a little faster', '--dir', folder);
  expect(queued.code, queued.err).toBe(0);
  const ended = await lane;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(await rows(folder)).toEqual([
    ['000000', 'builtin', 'baseline'],
    ['000001', 'human', 'a little faster'],
  ]);
});
