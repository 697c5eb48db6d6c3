// The loop as a person runs it: the real command, trainer, supervisor, repository and store, on the virtual clock.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
import { autoresearch, heard, start } from './command.ts';

let dir: string;
const run = ['dev', '--clock', 'virtual', '--budget', '0.5s', '--plain'];
const results = () => readFile(join(dir, 'store', 'main', 'results.tsv'), 'utf8');
const git = async (...args: string[]) =>
  (await execa('git', ['-C', join(dir, 'main', 'frontier.git'), ...args])).stdout;

async function rows() {
  const decoded = decode(await results());
  if (decoded.kind !== 'rows') throw new Error(`results.tsv cannot be read: ${JSON.stringify(decoded)}`);
  return decoded.rows;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dev-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('experiments beyond the baseline become rows, and the branch holds exactly the baseline and the keeps', async () => {
  const said = await autoresearch(...run, '--dir', dir, '--experiments', '5');
  expect(said.code, said.err).toBe(0);
  const all = await rows();
  expect(all.map((row) => row.experiment)).toEqual([
    '000000',
    '000001',
    '000002',
    '000003',
    '000004',
    '000005',
  ]);
  expect(all[0]).toMatchObject({ status: 'keep', description: 'baseline', parent: '' });
  const kept = all.filter((row) => row.status === 'keep').map((row) => row.commit);
  const log = await git('log', '--reverse', '--format=%H', 'autoresearch/main');
  expect(log.split('\n').map((sha) => sha.slice(0, 7))).toEqual(kept);
  expect(said.out.split('\n')).toHaveLength(6);
  expect(said.err).toContain('text      made up by a byte chain, which is no language; --text takes yours');
  // Nothing of the heading but a path that is longer wraps at a terminal.
  const heading = said.err.slice(0, said.err.indexOf('\n', said.err.indexOf('Ctrl-C')));
  expect(heading).toContain('In a second terminal');
  for (const line of heading.split('\n'))
    if (!line.includes(dir)) expect(line.length).toBeLessThanOrEqual(80);
  expect(await git('fsck', '--strict', '--no-progress')).toBe('');
  await expect(readFile(join(dir, 'store', 'main', 'progress.svg'), 'utf8')).resolves.toMatch(/^<svg/);
});

test('what was done is not done again, and goes on where it was', async () => {
  const before = await results();
  const same = await autoresearch(...run, '--dir', dir, '--experiments', '5');
  expect([same.code, same.out]).toEqual([0, '']);
  expect(await results()).toBe(before);
  await autoresearch(...run, '--dir', dir, '--experiments', '6');
  expect(await results()).toMatch(new RegExp(`^${literally(before)}[^\n]*\n$`));
});

test('rows that a person edited or deleted are written anew from git and store', async () => {
  const before = await results();
  await writeFile(join(dir, 'store', 'main', 'results.tsv'), before.replace('keep', 'lost'));
  const edited = await autoresearch('rebuild', '--dir', dir);
  expect(edited).toMatchObject({ code: 0, err: expect.stringContaining('it differed') });
  expect(await results()).toBe(before);
  await rm(join(dir, 'store', 'main', 'results.tsv'));
  await autoresearch('rebuild', '--dir', dir);
  expect(await results()).toBe(before);
  const again = await autoresearch('rebuild', '--dir', dir);
  expect(again.err).toContain('to the byte');
});

test("a person's own file is measured like any other", async () => {
  const file = join(dir, 'mine.py');
  await writeFile(file, `${await git('show', 'autoresearch/main:train.py')}\n# mine\n`);
  const queued = await autoresearch('try', file, '-m', 'only a comment', '--dir', dir);
  expect(queued, queued.err).toMatchObject({ code: 0, err: expect.stringContaining('experiment 000007') });
  await autoresearch(...run, '--dir', dir, '--experiments', '7');
  expect((await rows()).at(-1)).toMatchObject({
    experiment: '000007',
    source: 'human',
    description: 'only a comment',
  });
  const twice = await autoresearch('try', file, '-m', 'again', '--dir', dir);
  expect(twice).toMatchObject({ code: 1, err: expect.stringContaining('was tried before') });
});

test.each([
  ['empty', '', /is empty/],
  ['binary', '\0\x01', /not text/],
  ['not Python', 'def f(:\n', /is not Python: .*SyntaxError|is not Python/],
  ['too large', `# ${'x'.repeat(5_000_000)}`, /at most/],
])('a file that is %s is refused before anything runs', async (_, content, words) => {
  const file = join(dir, 'bad.py');
  await writeFile(file, content);
  const said = await autoresearch('try', file, '-m', 'bad', '--dir', dir);
  expect(said).toMatchObject({ code: 2, err: expect.stringMatching(words) });
});

test('a paused lane begins nothing, and a second controller is refused', async () => {
  await autoresearch('pause', '--dir', dir);
  const first = start(...run, '--dir', dir, '--experiments', '8');
  await heard(first.stderr, 'going on');
  const second = await autoresearch(...run, '--dir', dir);
  expect(second).toMatchObject({ code: 3, err: expect.stringContaining('another controller') });
  const status = await autoresearch('status', '--dir', dir, '-o', 'json');
  expect(JSON.parse(status.out)[0]).toMatchObject({ state: 'paused', experiments: 7 });
  await autoresearch('resume', '--dir', dir);
  expect((await first).exitCode).toBe(0);
  expect(await rows()).toHaveLength(9);
});

test('caps are set, shown and removed', async () => {
  const set = await autoresearch('limit', '--experiments', '5', '--hours', '0.5', '--dir', dir);
  expect(set).toMatchObject({ code: 0, err: expect.stringContaining('experiments 5, hours 0.5, USD none') });
  const held = await autoresearch(...run, '--dir', dir, '--experiments', '9');
  expect([held.code, held.out]).toEqual([0, '']);
  const removed = await autoresearch('limit', '--experiments', 'none', '--hours', 'none', '--dir', dir);
  expect(removed.err).toContain('experiments none, hours none, USD none');
});

test("a person's commit on the branch stops the lane with a sentence, and nothing recorded is lost", async () => {
  const before = await results();
  const clone = join(dir, 'clone');
  const identity = ['-c', 'user.name=A Person', '-c', 'user.email=person@localhost'];
  await execa('git', ['clone', '-q', '-b', 'autoresearch/main', join(dir, 'main', 'frontier.git'), clone]);
  await writeFile(join(clone, 'notes.txt'), 'mine');
  await execa('git', ['-C', clone, 'add', '-A']);
  await execa('git', ['-C', clone, ...identity, 'commit', '-qm', 'notes']);
  await execa('git', ['-C', clone, 'push', '-q', 'origin', 'HEAD']);
  const said = await autoresearch(...run, '--dir', dir, '--experiments', '9');
  expect(said.code).toBe(3);
  expect(said.err).toMatch(/branch|commit/);
  const told = said.err.split('\n').map((line) => line.replace(/^autoresearch: /, ''));
  expect(told.filter((line, i) => told.indexOf(line) !== i)).toEqual([]);
  expect(await results()).toBe(before);
});

test('of two lanes one that cannot be opened ends the other, which goes on when that is mended', async () => {
  const folder = join(dir, 'lanes');
  const both = [...run, '--dir', folder, '--lane', 'good', '--lane', 'bad', '--experiments', '3'];
  // A folder where the lane's own brief would be.
  await mkdir(join(folder, 'bad', 'program.md'), { recursive: true });
  const said = await autoresearch(...both);
  expect(said.code, said.err).not.toBe(0);
  expect(said.err).toContain('EISDIR');
  const count = async (lane: string) =>
    (await readFile(join(folder, 'store', lane, 'results.tsv'), 'utf8').catch(() => '')).split('\n').length -
    2;
  expect(await count('good')).toBeLessThan(4);
  await rm(join(folder, 'bad'), { recursive: true });
  expect(await autoresearch(...both)).toMatchObject({ code: 0 });
  expect([await count('good'), await count('bad')]).toEqual([4, 4]);
});

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
