// A laptop's settings: the lanes of a cluster's, in a pool called local, and the names that they had before.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { fileAliases, laneAliases } from '../../controller/settings/aliases.ts';
import { readClusterConfig } from '../../controller/settings/cluster.ts';
import { readConfig } from '../../controller/settings/dev.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dev-config-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function written(config: object): Promise<string> {
  const file = join(dir, 'config.yaml');
  await writeFile(file, stringify(config));
  return file;
}
const read = async (config: object, flags = {}) => readConfig(await written(config), flags);
const main = (lane: object) => ({ lanes: [{ name: 'main', ...lane }] });

describe('an old name means what the new one does', () => {
  const cases: [string, object, object][] = [
    ['dir', { dir: 'there' }, { data: 'there' }],
    ['lanes', { lanes: ['a', 'b'] }, { lanes: [{ name: 'a' }, { name: 'b' }] }],
    ['experiments', { experiments: 3 }, main({ limits: { experiments: 3 } })],
    ['hours', { hours: 1.5 }, main({ limits: { maxGpuHours: 1.5 } })],
    ['budget', { budget: '2m' }, main({ budgetSeconds: 120 })],
    ['trainer', { trainer: 'gpu' }, main({ trainer: 'gpu' })],
    ['gpus', { trainer: 'gpu', gpus: '2,3' }, main({ trainer: 'gpu', gpus: '2,3' })],
    ['trainPy', { trainPy: 'my.py' }, main({ trainPyFile: 'my.py' })],
    ['width', { width: 2 }, main({ width: 2 })],
    ['seed', { seed: 7 }, main({ seed: 7 })],
    ['confirm', { confirm: 3 }, main({ confirm: 3 })],
    ['requireSealed', { requireSealed: true }, main({ requireSealed: true })],
  ];

  test('each has a case', () => {
    const names = cases.map(([name]) => name).filter((name) => name !== 'lanes');
    expect(names.sort()).toEqual([...Object.keys(laneAliases), ...Object.keys(fileAliases)].sort());
  });

  test.each(cases)('%s', async (_, old, now) => {
    expect(await read(old)).toEqual(await read(now));
    expect(await read(old)).not.toEqual(await read({ seed: 42 }));
  });

  test('of every lane', async () => {
    const { lanes } = await read({ lanes: ['a', { name: 'b', width: 4 }], hours: 2 });
    expect(lanes).toMatchObject([
      { name: 'a', width: 1, limits: { maxGpuHours: 2 } },
      { name: 'b', width: 4, limits: { maxGpuHours: 2 } },
    ]);
  });

  test('and null is the default, as it was', async () => {
    const nulls = { experiments: null, hours: null, budget: null, trainPy: null };
    const { lanes, ...shared } = await read({ seed: 42 });
    const ungiven = lanes.map((lane) => ({ ...lane, given: new Set(['name']) }));
    expect(await read(nulls)).toEqual({ ...shared, lanes: ungiven });
  });
});

describe('a lane that only a cluster could have before', () => {
  test('is the same on a laptop, key for key', async () => {
    const lane = {
      name: 'main',
      pool: 'local',
      trainer: 'cpu',
      gpus: null,
      width: 3,
      budgetSeconds: '20s',
      wallSeconds: 700,
      seed: 9,
      confirm: 2,
      requireSealed: true,
      limits: { experiments: 5, maxGpuHours: 2 },
      program: 'do well',
      trainPy: 'x = 1\n',
      trainPyFile: '',
    };
    const here = await read({ lanes: [lane] });
    const there = await readClusterConfig(
      await written({ lanes: [lane], pools: [{ name: 'local', image: 'trainer:1' }] }),
    );
    const onlyHere = { text: null, prepare: '', clock: null };
    const others = there.lanes.map(({ gpuResource: _, given, ...one }) => {
      const onBoth = new Set([...given].filter((key) => key !== 'gpuResource'));
      return { ...one, given: onBoth, ...onlyHere };
    });
    expect(here.lanes).toEqual(others);
    expect(here.lanes).toMatchObject([{ ...lane, budgetSeconds: 20 }]);
  });

  test('where it says little, has what its machine gives it', async () => {
    const here = await read({ lanes: ['main'] });
    expect(here.lanes[0]).toMatchObject({
      pool: 'local',
      trainer: 'cpu',
      budgetSeconds: 5,
      wallSeconds: 120,
      requireSealed: false,
      limits: { experiments: null, maxGpuHours: null },
    });
  });
});

test('a win is measured again by one rule, and not by two', async () => {
  expect((await read(main({ evidence: 2 }))).lanes).toMatchObject([{ evidence: 2, confirm: 0 }]);
  expect((await read({}, { evidence: 3 })).lanes).toMatchObject([{ evidence: 3 }]);
  const both = read(main({ evidence: 2, confirm: 1 }));
  await expect(both).rejects.toThrow('keep evidence, and leave confirm out');
  await expect(read(main({ evidence: 5 }))).rejects.toThrow();
});

describe('a flag wins over the file', () => {
  test('for every lane', async () => {
    const { lanes } = await read(
      { lanes: [{ name: 'a', budgetSeconds: 9, limits: { experiments: 2, maxGpuHours: 1 } }, 'b'] },
      { budget: '1m', experiments: 8 },
    );
    expect(lanes).toMatchObject([
      { budgetSeconds: 60, limits: { experiments: 8, maxGpuHours: 1 } },
      { budgetSeconds: 60, limits: { experiments: 8, maxGpuHours: null } },
    ]);
  });

  test('for the folder', async () => {
    expect(await read({ data: 'a' }, { dir: 'b' })).toMatchObject({ data: 'b' });
    expect(await read({ dir: 'a' }, { dir: 'b' })).toMatchObject({ data: 'b' });
  });

  test.each<[string, object, string[], object[]]>([
    ['a lane of the file', main({ width: 2 }), ['main'], [{ name: 'main', width: 2 }]],
    ['one of several', { lanes: ['a', 'b'], width: 2 }, ['b'], [{ name: 'b', width: 2 }]],
    ['another where lanes have nothing of their own', { width: 2 }, ['c'], [{ name: 'c', width: 2 }]],
  ])('for which lanes there are: %s', async (_, file, lanes, expected) => {
    expect((await read(file, { lanes })).lanes).toMatchObject(expected);
  });
});

describe('what cannot be meant is refused with a sentence', () => {
  const cases: [string, object, object, RegExp][] = [
    [
      'an old name and the new one',
      { width: 2, ...main({ width: 2 }) },
      {},
      /width and lanes\[0\]\.width say the same; keep lanes\[0\]\.width/,
    ],
    [
      'an old name and the new one of a cap',
      { hours: 2, ...main({ limits: { maxGpuHours: 2 } }) },
      {},
      /hours and lanes\[0\]\.limits\.maxGpuHours say the same; keep lanes\[0\]\.limits\.maxGpuHours/,
    ],
    ['both names of the folder', { dir: 'a', data: 'a' }, {}, /dir and data say the same; keep data/],
    ['two first files', main({ trainPy: 'x', trainPyFile: 'y' }), {}, /keep one[\s\S]*trainPyFile/],
    ['a lane that the file has not', main({ width: 2 }), { lanes: ['x'] }, /no lane x in the file/],
    ['two lanes on one branch', { lanes: ['a', 'a'] }, {}, /two lanes on one branch: a/],
    ["a cluster's pool", main({ pool: 'h100' }), {}, /in the pool local; leave pool out/],
    ['a wall that ends every run', main({ wallSeconds: 9 }), {}, /9 s leave no time.*at least 10/],
    ['a wall past all limits', main({ wallSeconds: 1e7 }), {}, /10000000 s .*shorter[\s\S]*wallSeconds/],
    ['a budget whose wall is past all limits', main({ budgetSeconds: '2000h' }), {}, / s .*shorter/],
    ['no budget', {}, { budget: '0s' }, /--budget 0s: give more than 0, such as --budget 5s\n/],
    ['no hours', {}, { hours: 0 }, /--hours 0: give more than 0, such as --hours 8\n/],
    ['a lane where results lie', {}, { lanes: ['store'] }, /--lane store: .*give the lane another name/],
    ['a lane where runs lie', {}, { lanes: ['runs'] }, /--lane runs: .*give the lane another name/],
    ['no store', {}, { store: { url: 's3://' } }, /--store s3:\/\/: .*such as --store s3:\/\/BUCKET/],
    ['no address', {}, { store: { url: 's3://b', endpoint: 'x' } }, /--endpoint x: an endpoint is http/],
    ['no remote', {}, { frontier: { url: 'ftp://x' } }, /--frontier ftp:\/\/x: /],
    ['a budget without sense', main({ budgetSeconds: 'soon' }), {}, /such as 5s, 5m or 1h/],
    ['lanes that are no list', { lanes: 'main', width: 2 }, {}, /expected array[\s\S]*lanes/],
    ['a lane that is no mapping', { lanes: [7], width: 2 }, {}, /expected object[\s\S]*lanes\[0\]/],
  ];
  test.each(cases)('%s', async (_, file, flags, words) => {
    await expect(read(file, flags)).rejects.toThrow(words);
  });

  test('by the name that was used, and once', async () => {
    const refusal = read({ lanes: ['a', 'b'] }, { width: 0 });
    await expect(refusal).rejects.toThrow(
      /cannot be used:\n✖ --width 0: give 1 or more, such as --width 1\nSee/,
    );
  });
});
