// Values that a person gave an older chart, and the settings that it made of them for its controller.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { chartValues } from '../../controller/settings/chart-values.ts';
import { readClusterConfig } from '../../controller/settings/cluster.ts';
import { RELEASES, unpack } from './recorded.ts';

describe.each(RELEASES)('the chart of %s', (release) => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'values-'));
    await unpack(release, 'chart', dir);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const yaml = async (name: string) => parse(await readFile(join(dir, name), 'utf8'));

  test("its values, all of its defaults and the README's, are valid as they are", async () => {
    const [defaults, lab] = await Promise.all([yaml('defaults.yaml'), yaml('lab.yaml')]);
    // As helm does it: lists replace.
    const [image, runs] = ['image', 'runs'].map((key) => ({ ...defaults[key], ...lab[key] }));
    expect(chartValues.parse({ ...defaults, ...lab, image, runs })).toMatchObject({ ...lab, image, runs });
  });

  test('the settings that it gave its controller are read, and mean what they meant', async () => {
    const documents = parseAllDocuments(await readFile(join(dir, 'rendered.yaml'), 'utf8'));
    const given = documents.map((one) => one.toJS()).find((one) => one?.data?.['config.yaml']);
    const file = join(dir, 'config.yaml');
    await writeFile(file, given.data['config.yaml']);
    const lab = await yaml('lab.yaml');
    expect(await readClusterConfig(file)).toMatchObject({
      lanes: [{ ...lab.lanes[0], width: 1, wallSeconds: 600, confirm: 0, requireSealed: true, seed: 42 }],
      pools: lab.pools,
      runs: { namespace: 'lab-runs', anchor: 'lab-anchor', ttlSeconds: 600, leakGuardHours: 24 },
      proposer: 'builtin',
      data: '/data',
    });
  });
});
