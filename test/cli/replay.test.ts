// `autoresearch replay` as a person runs it, on this machine: the real trainer under the real supervisor.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Replay } from '../../controller/core/replay.ts';
import { autoresearch, heard, start } from './command.ts';

let parent: string;
let dir: string;
const clock = ['--clock', 'virtual'];
const dev = (...args: string[]) =>
  autoresearch('dev', ...clock, '--budget', '0.5s', '--plain', '--dir', dir, ...args);
const replay = (...args: string[]) => autoresearch('replay', ...clock, '--dir', dir, ...args);

interface Line {
  readonly what: string;
  readonly n: number;
  readonly mean: string;
  readonly low: string;
  readonly high: string;
}
const linesOf = (out: string): Line[] => JSON.parse(out);

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'replay-'));
  dir = join(parent, 'lab');
  const begun = await dev('--experiments', '0');
  expect(begun.code, begun.err).toBe(0);
});
afterAll(() => rm(parent, { recursive: true, force: true }));

test('of a lane with nothing but its baseline is refused', async () => {
  expect(await replay()).toMatchObject({
    code: 3,
    err: expect.stringContaining('nothing beyond the baseline'),
  });
});

test('trains baseline and tip anew, and leaves rows and folder as they were', async () => {
  const worse = join(parent, 'worse.py');
  const better = await readFile(join(import.meta.dirname, '../../harness/cpu/train.py'), 'utf8');
  await writeFile(worse, better.replace(/^LEARNING_RATE = .*$/m, 'LEARNING_RATE = 0.0005'));
  await rm(dir, { recursive: true });
  const begun = await dev('--experiments', '0', '--train-py', worse);
  expect(begun.code, begun.err).toBe(0);
  const good = join(parent, 'good.py');
  await writeFile(good, better);
  await autoresearch('try', good, '-m', 'a rate that learns', '--dir', dir);
  const ended = await dev('--experiments', '1');
  expect(ended.err).toMatch(
    /^not measured again yet; \S*autoresearch replay tells whether the gain is real$/m,
  );
  const [rows, before] = [await results(), (await readdir(dir)).sort()];
  const said = await replay('--times', '2', '-o', 'json');
  expect(said.code, said.err).toBe(0);
  const [baseline, tip, gain] = linesOf(said.out);
  expect([baseline, tip, gain]).toMatchObject([
    { what: 'baseline', n: 2 },
    { what: 'tip', n: 2 },
    { what: 'gain', n: 2 },
  ]);
  expect(Number(gain!.mean)).toBeCloseTo(Number(baseline!.mean) - Number(tip!.mean), 5);
  expect(Number(gain!.mean)).toBeGreaterThan(0.5);
  expect(said.err).toMatch(/^claimed \d\.\d{6}, measured again \d\.\d{6}, 95 % between .*: .*$/m);
  expect(said.err).not.toContain('other conditions');
  expect([await results(), (await readdir(dir)).sort()]).toEqual([rows, before]);
});

test('is told by status, list, show, picture and export from then on', async () => {
  const again = 'measured again on 2 fresh seeds: −\\d\\.\\d{3} ± \\d\\.\\d{3}';
  const [status] = JSON.parse((await looked('status', '-o', 'json')).out);
  expect(status).toMatchObject({
    noise: { noise: { sigma: expect.any(Number), from: 2 }, reproduction: { seeds: 2 } },
  });
  const { out: told } = await looked('status');
  expect(told).toMatch(new RegExp(`^measured again +${again} \\(claimed −.*\\): `, 'm'));
  expect(told).toMatch(/^noise .*2 degrees of freedom/m);
  expect((await looked('list')).out).toMatch(/^experiment .*val_bpb +delta +sigmas/);
  expect((await looked('show', '1')).out).toMatch(new RegExp(`^measured again +${again}`, 'm'));
  expect((await looked('show', '0')).out).not.toContain('measured again');
  expect(await readFile(join(dir, 'store', 'main', 'progress.svg'), 'utf8')).toMatch(new RegExp(again));
  const out = join(parent, 'out');
  await looked('export', out);
  const replays = JSON.parse(await readFile(join(out, 'replays.json'), 'utf8'));
  expect(replays).toMatchObject([{ claimed: expect.any(Number), measured: { length: 4 } }]);
});

test('a second one takes other seeds, and both are told together', async () => {
  const said = await replay('--times', '2');
  expect(said.code, said.err).toBe(0);
  const [first, second] = await Promise.all([1, 2].map(stored));
  const seeds = [...first!.measured, ...second!.measured].map(({ seed }) => seed);
  expect(new Set(seeds).size).toBe(8);
  expect((await looked('status')).out).toContain('measured again on 4 fresh seeds: ');
});

test('is told at the end of a start, too', async () => {
  const { err } = await dev('--experiments', '1');
  expect(err).toMatch(/^that is \d+(\.\d)? σ of a measurement; measured again on 4 fresh seeds: /m);
});

test('with --unseen evaluates on text that no row was decided by, and so is another number', async () => {
  const said = await replay('--times', '2', '--unseen', '-o', 'json');
  expect(said.code, said.err).toBe(0);
  expect(said.err).toMatch(
    /^measured under other conditions than the rows: data was [0-9a-f]{16}, is [0-9a-f]{16}$/m,
  );
  expect(Number(linesOf(said.out)[2]!.mean)).toBeGreaterThan(0.5);
  expect((await readdir(dir)).filter((name) => name.startsWith('replay-'))).toEqual([]);
});

test('that is interrupted leaves no run and no folder', async () => {
  const run = start('replay', ...clock, '--dir', dir, '--times', '50');
  const early = run.then(({ stderr }) => Promise.reject(new Error(`it ended by itself: ${stderr}`)));
  await Promise.race([heard(run.stderr, '1 of 100'), early]);
  early.catch(() => 'that is what follows');
  run.kill('SIGINT');
  expect((await run).exitCode).toBe(130);
  expect((await readdir(dir)).filter((name) => name.startsWith('replay-'))).toEqual([]);
});

test.each([
  ['too few times', ['--times', '1'], /--times takes 2 to 100/],
  ['a text that is not asked for', ['--text', 'x.txt'], /--text and --prepare are for --unseen/],
  ['an image for no cluster', ['--image', 'x'], /give --config or --context/],
  ['unseen text in a cluster', ['--config', 'x.yaml', '--unseen'], /images\/build\.sh --prepare --unseen/],
  ['a config that is missing', ['--config', 'x.yaml'], /no config file/],
])('with %s is refused', async (_, args, words) => {
  expect(await replay(...args)).toMatchObject({ code: 2, err: expect.stringMatching(words) });
});

const looked = (...args: string[]) => autoresearch(...args, '--dir', dir);
const stored = async (n: number): Promise<Replay> =>
  JSON.parse(await readFile(join(dir, 'store', 'main', 'replays', `${n}.json`), 'utf8'));
const results = () => readFile(join(dir, 'store', 'main', 'results.tsv'), 'utf8');
