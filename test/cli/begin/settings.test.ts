// Every setting of a lane, started twice: with it and without, as it was and as another. What a new key of the schema is
// must be said here, or this fails.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { DirectoryStore } from '../../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../../controller/adapters/git/frontier.ts';
import { begunLane } from '../../../controller/cli/begin-from.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import type { GivenLane } from '../../../controller/settings/begun.ts';
import { readClusterConfig } from '../../../controller/settings/cluster.ts';
import { type DevLane, readConfig } from '../../../controller/settings/dev.ts';
import { clusterDefaults, laneShape, laptopDefaults } from '../../../controller/settings/lane.ts';
import { begunWith, remember, resume } from '../../../controller/wiring/begun.ts';
import { draftLike } from '../../contract/drafts.ts';
import { type StoredLane, storedLane } from '../stored.ts';

/** `held`: a later start is held to what the lane was begun with. `free`: each start says it anew. */
type Kind = 'held' | 'free';
type Flags = Readonly<Record<string, unknown>>;

interface Setting {
  readonly kind: Kind;
  /** What the two starts say, as flags of `dev`. */
  readonly first: Flags;
  readonly other: Flags;
  /** Of a held one: the lane's own value and the way out. */
  readonly words?: RegExp;
}

const out = (flag: string) => `; leave ${flag} out to go on, or begin another lane with --lane NAME$`;
const held = (flag: string, first: Flags, other: Flags, was: string, is: string): Setting => ({
  kind: 'held',
  first,
  other,
  words: new RegExp(`begun with ${flag} ${was}, and not ${is}${out(flag)}`),
});
const free = (first: Flags, other: Flags): Setting => ({ kind: 'free', first, other });
const inFile = (key: string, value: unknown): Flags => ({ lanes: [{ name: 'main', [key]: value }] });

/** By key of a lane, and of what all lanes of a laptop share and keep. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  trainer: held('--trainer', { trainer: 'cpu' }, { trainer: 'gpu' }, 'cpu', 'gpu'),
  budgetSeconds: held('--budget', { budget: '2s' }, { budget: '3s' }, '2s', '3s'),
  seed: held('--seed', { seed: 7 }, { seed: 8 }, '7', '8'),
  confirm: held('--confirm', { confirm: 1 }, { confirm: 2 }, '1', '2'),
  evidence: held('--evidence', { evidence: 1 }, { evidence: 2 }, '1', '2'),
  requireSealed: held('--require-sealed', { requireSealed: true }, { requireSealed: false }, 'true', 'false'),
  prepare: held(
    '--prepare',
    { prepare: '--unseen 1' },
    { prepare: '--unseen 2' },
    '"--unseen 1"',
    '"--unseen 2"',
  ),
  clock: held('--clock', { clock: 'virtual' }, { clock: 'cpu' }, 'virtual', 'cpu'),
  trainPy: {
    kind: 'held',
    first: inFile('trainPy', 'print(1)\n'),
    other: inFile('trainPy', 'print(2)\n'),
    words: /begun with another train\.py; try this one with .*, or leave --train-py out to go on/,
  },
  trainPyFile: {
    kind: 'held',
    first: { trainPy: 'FOLDER/one.py' },
    other: { trainPy: 'FOLDER/two.py' },
    words: /begun with another train\.py; try this one with .*, or leave --train-py out to go on/,
  },
  from: held('--from', { from: 'main' }, { from: 'main:1' }, 'main', 'main:1'),
  width: free({ width: 1 }, { width: 3 }),
  gpus: free({ trainer: 'gpu', gpus: '0' }, { trainer: 'gpu', gpus: '1' }),
  wallSeconds: free(inFile('wallSeconds', 100), inFile('wallSeconds', 200)),
  limits: free({ experiments: 1 }, { experiments: 2 }),
  program: free(inFile('program', 'one'), inFile('program', 'two')),
};

/** Of these another test speaks: who the lane is, what its runs are where it is, and a text, of which prepare.py tells. */
const ELSEWHERE = ['name', 'pool', 'text'];

let lane: StoredLane;
let store: DirectoryStore;
beforeAll(async () => {
  lane = await storedLane();
  await lane.run(2);
  store = new DirectoryStore(lane.paths.store);
  for (const [name, text] of [
    ['one', 'print(1)\n'],
    ['two', 'print(2)\n'],
  ])
    await writeFile(join(lane.dir, `${name}.py`), text!);
});
afterAll(() => lane[Symbol.asyncDispose]());

test('every setting of a lane is one of these', () => {
  const keys = new Set([...Object.keys(laneShape(laptopDefaults).shape), 'text', 'prepare', 'clock']);
  expect([...Object.keys(SETTINGS), ...ELSEWHERE].sort()).toEqual([...keys].sort());
  expect(Object.keys(laneShape(clusterDefaults).shape)).toEqual(Object.keys(laneShape(laptopDefaults).shape));
});

/** As `dev` begins a lane of this name, or goes on with it. */
async function started(name: string, flags: Flags): Promise<DevLane | string> {
  const { lanes, ...others } = JSON.parse(JSON.stringify(flags).replaceAll('FOLDER', lane.dir)) as {
    lanes?: object[];
  };
  const file = join(lane.dir, `${name}.yaml`);
  await writeFile(file, stringify(lanes ? { lanes: [{ ...lanes[0], name }] } : {}));
  const config = await readConfig(file, { dir: lane.dir, ...(!lanes && { lanes: [name] }), ...others });
  return begunLane(config.lanes[0]!, { paths: lane.paths, store, settings: config }, 0);
}

/** From a baseline on a lane has numbers, with which others are to be comparable. */
async function baselineOf(name: string, trainPy: string): Promise<void> {
  const folder = new Map([['prepare.py', new Uint8Array()]]);
  const frontier = new GitFrontier({ repo: lane.paths.frontier(name), lane: name, folder });
  const draft = draftLike({ experiment: '000000', status: 'keep', trainSha256: sha256Hex(trainPy) });
  const kept = await frontier.keep({ ...draft, base: null, tip: null }, trainPy, await frontier.claim());
  expect(kept.kind).toBe('kept');
}

describe.each(Object.entries(SETTINGS))('%s', (key, { kind, first, other, words }) => {
  const name = key.toLowerCase();
  const value = (one: DevLane) => one[(key === 'trainPyFile' ? 'trainPy' : key) as keyof DevLane];
  let begun: DevLane;
  beforeAll(async () => {
    begun = (await started(name, first)) as DevLane;
    expect(typeof begun, String(begun)).toBe('object');
    await remember(store, name, begunWith(begun), true);
    await baselineOf(name, begun.trainPy || 'print(0)\n');
  });

  test('said again goes on, and is what it was', async () => {
    const again = await started(name, first);
    expect(typeof again === 'string' ? again : value(again)).toEqual(value(begun));
  });

  test(kind === 'held' ? 'left out stays what it was' : 'left out is the default again', async () => {
    const bare = (await started(name, {})) as DevLane;
    const fresh = (await started('fresh', {})) as DevLane;
    expect(value(bare)).toEqual(value(kind === 'held' ? begun : fresh));
  });

  test(
    kind === 'held' ? 'said otherwise is refused, with the way out' : 'said otherwise is so from now on',
    async () => {
      const said = await started(name, other);
      if (kind === 'held') expect(said).toMatch(words!);
      else expect(value(said as DevLane)).not.toEqual(value(begun));
    },
  );
});

test('pool, which only a cluster has several of, stays what it was', async () => {
  const ofPool = async (pool?: string): Promise<GivenLane> => {
    const file = join(lane.dir, 'values.yaml');
    const one = { name: 'onpool', ...(pool && { pool }), trainer: 'cpu', limits: { maxGpuHours: 1 } };
    const pools = ['a', 'b'].map((name) => ({ name, image: 'trainer:1', gpu: { count: 0 } }));
    await writeFile(file, stringify({ lanes: [one], pools, data: lane.dir }));
    return (await readClusterConfig(file)).lanes[0]!;
  };
  const begun = await ofPool('a');
  await remember(store, 'onpool', begunWith(begun), true);
  await baselineOf('onpool', 'print(0)\n');
  const home = { paths: lane.paths, store, frontier: { url: '', credentials: '' } };
  expect(await resume(await ofPool('a'), home, 600)).toMatchObject({
    pool: 'a',
    wallSeconds: begun.wallSeconds,
  });
  expect(await resume(await ofPool('b'), home, 600)).toMatch(
    /begun with pool a, and not b; take pool out of its values to go on/,
  );
});
