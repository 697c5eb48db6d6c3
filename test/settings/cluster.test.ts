import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { chartValues } from '../../controller/settings/chart-values.ts';
import { readClusterConfig } from '../../controller/settings/cluster.ts';
import { clusterContext } from '../../controller/wiring/cluster-lane.ts';
import { Rig } from '../double/rig.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cluster-config-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const lane = { name: 'main', pool: 'gpu', limits: { maxGpuHours: 1 } };
const pool = { name: 'gpu', image: 'trainer:1' };

async function read(config: object) {
  const file = join(dir, 'config.yaml');
  await writeFile(file, stringify(config));
  return readClusterConfig(file);
}

test('one lane with a cap and one pool with an image are enough', async () => {
  const config = await read({ lanes: [lane], pools: [pool] });
  expect(config.lanes[0]).toMatchObject({
    width: 1,
    budgetSeconds: 300,
    wallSeconds: 1200,
    requireSealed: true,
  });
  expect(config.pools[0]).toMatchObject({ gpu: { resource: 'nvidia.com/gpu', count: 1 }, nodeSelector: {} });
});

test.each([
  [{}, 1200],
  [{ budgetSeconds: 700 }, 1400],
  [{ trainer: 'cpu', budgetSeconds: 5 }, 600],
  [{ trainer: 'cpu', budgetSeconds: 200 }, 800],
  [{ budgetSeconds: 30, wallSeconds: 60 }, 60],
])('a run of a lane with %j ends after %d s at the latest', async (given, seconds) => {
  const config = await read({ lanes: [{ ...lane, ...given }], pools: [pool] });
  expect(config.lanes[0]).toMatchObject({ wallSeconds: seconds });
});

test('a Job that nobody watches is left all the time that a run may take', async () => {
  // 900 s for the image, 1200 s of wall, 30 s for the supervisor to have the word first.
  const withPull = (pullSeconds: number) =>
    read({ lanes: [lane], pools: [{ ...pool, pullSeconds }], runs: { leakGuardHours: 1 } });
  await expect(withPull(2369)).resolves.toMatchObject({ runs: { leakGuardHours: 1 } });
  await expect(withPull(2370)).rejects.toThrow(/take 3600 s.*give at least 2[\s\S]*runs\.leakGuardHours/);
});

test("a lane's folder holds the brief of its settings, for a person's try and for reading", async () => {
  const rig = await Rig.start();
  const brief = async () => readFile(join(dir, 'data', 'main', 'program.md'), 'utf8');
  const open = async (program: string) => {
    const cpu = { ...lane, trainer: 'cpu', program };
    const config = await read({ lanes: [cpu], pools: [pool], data: join(dir, 'data') });
    const observer = { happened: () => {}, turn: () => {} };
    return clusterContext(config.lanes[0]!, config, rig.open(), observer);
  };
  await open('first words');
  expect(await brief()).toBe('first words');
  await open('other words');
  expect(await brief()).toBe('other words');
  await rig.close();
});

test('Claude has a cap, and a default for everything else', async () => {
  const config = await read({ lanes: [lane], pools: [pool], proposer: { kind: 'anthropic', maxUsd: 20 } });
  expect(config.proposer).toMatchObject({
    maxUsd: 20,
    model: 'claude-opus-5-5',
    ahead: null,
    fallback: 'none',
  });
});

describe('settings that slip past the chart are refused with the path of the key', () => {
  const cases: [string, object, RegExp][] = [
    ['an unknown key', { lanes: [lane], pools: [pool], poolz: [] }, /poolz/],
    ['an unknown key of a lane', { lanes: [{ ...lane, widht: 2 }], pools: [pool] }, /widht[\s\S]*lanes\[0\]/],
    [
      'a wrong type',
      { lanes: [{ ...lane, width: 'two' }], pools: [pool] },
      /expected number[\s\S]*lanes\[0\]\.width/,
    ],
    ['no cap', { lanes: [{ ...lane, limits: {} }], pools: [pool] }, /lanes\[0\]\.limits\.maxGpuHours/],
    [
      'a pool that is not there',
      { lanes: [{ ...lane, pool: 'tpu' }], pools: [pool] },
      /no pool tpu[\s\S]*lanes\[0\]\.pool/,
    ],
    [
      'two lanes on one branch',
      { lanes: [lane, lane], pools: [pool] },
      /two lanes on one branch[\s\S]*lanes\[1\]\.name/,
    ],
    [
      'GPUs by their names',
      { lanes: [{ ...lane, gpus: '0,1' }], pools: [pool] },
      /gives each run its GPU; leave gpus out[\s\S]*lanes\[0\]\.gpus/,
    ],
    ['no lane', { lanes: [], pools: [pool] }, /lanes/],
    [
      'Claude without a cap',
      { lanes: [lane], pools: [pool], proposer: 'anthropic' },
      /say how much at most, by --max-usd or proposer\.maxUsd[\s\S]*proposer/,
    ],
    [
      'Claude with a mistyped key',
      { lanes: [lane], pools: [pool], proposer: { kind: 'anthropic', maxUsd: 1, modle: 'x' } },
      /modle/,
    ],
    [
      'a wall that ends every run',
      { lanes: [{ ...lane, wallSeconds: 599 }], pools: [pool] },
      /599 s leave no time.*give at least 600, or leave it out[\s\S]*lanes\[0\]\.wallSeconds/,
    ],
    [
      'two pools of one name',
      { lanes: [lane], pools: [pool, { ...pool, image: 'trainer:2' }] },
      /two pools are named gpu; give each[\s\S]*pools\[1\]\.name/,
    ],
    [
      'more GPUs than a run uses',
      { lanes: [lane], pools: [{ ...pool, gpu: { count: 8 } }] },
      /trains on one GPU.*give 1[\s\S]*pools\[0\]\.gpu\.count/,
    ],
    ['a pool without an image', { lanes: [lane], pools: [{ name: 'gpu' }] }, /pools\[0\]\.image/],
  ];
  test.each(cases)('%s', async (_, config, words) => {
    await expect(read(config)).rejects.toThrow(words);
  });
});

test('the chart takes global, which a parent chart may set, and no other unknown key', () => {
  const unknown = (value: object) =>
    chartValues.safeParse(value).error?.issues.filter((issue) => issue.code === 'unrecognized_keys') ?? [];
  expect(unknown({ global: { a: 1 } })).toEqual([]);
  expect(unknown({ globl: 1 })).toHaveLength(1);
});
