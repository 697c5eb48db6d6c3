// A person's way back from a keep, on a lane that lies on disk.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keys } from '../../controller/core/keys.ts';
import { read } from '../../controller/wiring/lane-reader.ts';
import { autoresearch } from './command.ts';
import { type StoredLane, storedLane } from './stored.ts';

/** Above the tip, and above what the same file had before. */
const RETRACTED = 2.495;

let lane: StoredLane;
beforeAll(async () => {
  lane = await storedLane({ bpbOf: (n) => (n === 4 ? RETRACTED : 2.5 - n / 100) });
  await lane.run(3);
}, 1_800_000);
afterAll(() => lane[Symbol.asyncDispose]());

const say = (...args: string[]) => autoresearch(...args, '--dir', lane.dir);
const fileOf = async (experiment: string) => (await say('show', experiment, '--train-py')).out;

test.each<[string, string[], number, RegExp]>([
  ['the baseline', ['0'], 1, /baseline cannot be retracted; begin another lane/],
  ['what is not there', ['9'], 1, /there is no experiment or commit 9/],
])('%s cannot be retracted', async (_, which, code, words) => {
  const said = await say('retract', ...which);
  expect([said.code, said.err]).toEqual([code, expect.stringMatching(words)]);
});

test('an older file becomes the newest commit, with its own number, and history stays', async () => {
  const before = (await read({ dir: lane.dir })).view.kept;
  const said = await say('retract', '2', '-m', 'it was luck');
  expect([said.code, said.err]).toEqual([
    0,
    expect.stringMatching(/^experiment 000004 goes back to 000001, retracting 000002 000003/),
  ]);
  const again = await say('retract', '2');
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('000004 is a retraction on trial')]);

  await lane.run(4);
  const { view, ledger } = await read({ dir: lane.dir });
  expect(view.foreign).toBeNull();
  expect(view.kept.slice(0, 4).map(({ decision }) => decision.commit)).toEqual(
    before.map(({ decision }) => decision.commit),
  );
  const { decision, trainPy } = view.kept[4]!;
  expect(decision).toMatchObject({
    experiment: '000004',
    source: 'retract',
    status: 'keep',
    reason: 'retracted',
  });
  expect(trainPy).toBe(before[1]!.trainPy);
  expect(decision.description).toBe('back to 000001, retracting 000002 000003: it was luck');
  expect(ledger.tip).toMatchObject({ commit: decision.commit, bpb: RETRACTED });
  const git = ['--git-dir', lane.paths.frontier('main'), 'log', '--format=%P', 'autoresearch/main'];
  const parents = (await execa('git', git)).stdout.split('\n');
  expect(parents.every((line) => line.split(' ').length === 1)).toBe(true);
  expect(parents).toHaveLength(5);
});

test('the lane goes on from there, and what was retracted does not come back', async () => {
  await lane.run(6);
  const { view, ledger } = await read({ dir: lane.dir });
  expect(ledger.decisions.map(({ experiment }) => experiment).at(-1)).toBe('000006');
  for (const { decision, trainPy } of view.kept.slice(5)) {
    expect(decision.base, decision.experiment).not.toBe(view.kept[3]!.decision.commit);
    expect(trainPy).not.toMatch(/^# ?0*[23]$/m);
  }
});

test('rows are told by every command and rebuilt to the byte', async () => {
  const rows = await readFile(join(lane.paths.store, keys.results('main')), 'utf8');
  expect(rows.split('\n')[5]).toContain('\tkeep\tback to 000001');
  const { code, err } = await say('rebuild');
  expect([code, err]).toEqual([0, expect.stringContaining('as it was, to the byte')]);
  expect((await say('show', '4')).out).toContain('A person went back to this file');
  expect(await fileOf('4')).toBe(await fileOf('1'));
  const twice = await say('retract', '2');
  expect([twice.code, twice.err]).toEqual([1, expect.stringContaining('000002 was retracted before')]);
});
