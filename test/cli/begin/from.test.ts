// A lane that begins where another one is.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirectoryStore } from '../../../controller/adapters/directory/store.ts';
import { begunLane } from '../../../controller/cli/begin-from.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { type DevLane, readConfig } from '../../../controller/settings/dev.ts';
import { begunWith, remember } from '../../../controller/wiring/begun.ts';
import { read } from '../../../controller/wiring/lane-reader.ts';
import { autoresearch } from '../command.ts';
import { type StoredLane, storedLane } from '../stored.ts';

/** `print(1)` and a line per experiment, each of which is kept. */
let lane: StoredLane;
let store: DirectoryStore;
const MAIN = { budget: '2s', seed: 7, confirm: 1, clock: 'virtual', prepare: '--unseen 1' };

beforeAll(async () => {
  lane = await storedLane();
  await lane.run(2);
  store = new DirectoryStore(lane.paths.store);
  const config = await readConfig(undefined, MAIN);
  await remember(store, 'main', begunWith(config.lanes[0]!), true);
});
afterAll(() => lane[Symbol.asyncDispose]());

/** As `dev` begins it or goes on with it. */
async function started(name: string, flags: Record<string, unknown>): Promise<DevLane | string> {
  const config = await readConfig(undefined, { dir: lane.dir, lanes: [name], ...flags });
  return begunLane(config.lanes[0]!, { paths: lane.paths, store, settings: config }, 0);
}

async function begun(name: string, flags: Record<string, unknown>): Promise<DevLane> {
  const one = await started(name, flags);
  if (typeof one === 'string') throw new Error(one);
  return one;
}

async function commitOf(experiment: string): Promise<string> {
  const { ledger } = await read({ dir: lane.dir });
  return ledger.decisionOn(experiment)!.commit.slice(0, 9);
}

describe('its first file is the one that was named, and what is not given is as there', () => {
  const cases: [string, () => Promise<string> | string, string][] = [
    ['the name of a lane', () => 'main', '000002'],
    ['its baseline', () => 'main:baseline', '000000'],
    ['a number in it', () => 'main:1', '000001'],
    ['a commit of any lane', () => commitOf('000001'), '000001'],
  ];
  test.each(cases)('%s', async (_, from, experiment) => {
    const { view } = await read({ dir: lane.dir });
    const kept = view.kept.find(({ decision }) => decision.experiment === experiment)!;
    expect(await begun('next', { from: await from() })).toMatchObject({
      ...{ trainPy: kept.trainPy, budgetSeconds: 2, seed: 7, confirm: 1, clock: 'virtual' },
      ...{ prepare: '--unseen 1', wallSeconds: 120 },
    });
  });

  test('and what is given goes before it, with the wall that follows', async () => {
    const given = { from: 'main', seed: 8, evidence: 1, budget: '60s' };
    expect(await begun('next', given)).toMatchObject({
      ...{ seed: 8, evidence: 1, confirm: 0, budgetSeconds: 60, wallSeconds: 240, clock: 'virtual' },
    });
  });
});

describe('a later start', () => {
  beforeAll(async () => {
    await remember(store, 'later', begunWith(await begun('later', { from: 'main' })), true);
    await lane.run(3);
  });

  test.each<[string, Record<string, unknown>]>([
    ['the same words, although that lane has moved on,', { from: 'main' }],
    ['none', {}],
  ])('with %s goes on', async (_, flags) => {
    expect(await begun('later', flags)).toMatchObject({ from: 'main', seed: 7, budgetSeconds: 2 });
  });

  test('of a lane that was begun without is refused', async () => {
    expect(await started('main', { from: 'main:1' })).toMatch(
      /^lane main was begun without --from; leave --from out to go on/,
    );
  });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  [
    'no lane',
    { from: 'nowhere' },
    /--from nowhere names no lane or commit here; give one of main, or main:best, main:12/,
  ],
  ['no commit', { from: 'abcdef1' }, /--from abcdef1 names no lane or commit here/],
  ['no experiment', { from: 'main:99' }, /there is no experiment or commit 99; give a number/],
  ['several', { from: 'main:0..1' }, /--from main:0\.\.1 names several experiments; give one, as main:best/],
  ['a file, too', { from: 'main', trainPy: 'my.py' }, /both name the first file; keep one/],
])('what names %s begins nothing', async (_, flags, sentence) => {
  await expect(started('never', flags)).rejects.toThrow(sentence);
});

test('a run of it is the run of that file', async () => {
  const own = join(lane.dir, 'first.py');
  await writeFile(own, `# first\n${await readFile(join(checkout.cpu, 'train.py'), 'utf8')}`);
  const dev = (...args: string[]) =>
    autoresearch('dev', '--dir', lane.dir, '--experiments', '0', '--plain', ...args);
  const first = await dev('--lane', 'a', '--train-py', own, '--clock', 'virtual', '--budget', '0.5s');
  expect(first.code, first.err).toBe(0);
  const next = await dev('--lane', 'b', '--from', 'a');
  expect(next.code, next.err).toBe(0);
  expect(next.err).toContain('0.5 s of training per run');
  const fileOf = (name: string) => autoresearch('show', '0', '--train-py', '--dir', lane.dir, '--lane', name);
  expect((await fileOf('b')).out).toBe((await fileOf('a')).out);
});
