// What doctor makes of a file of the chart's values is what the chart makes of it for the controller.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { readClusterConfig } from '../../../controller/settings/cluster.ts';
import { withoutChart } from '../../../controller/settings/values-file.ts';
import { partsOf } from '../../docs/markdown.ts';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';
import { lane, least } from './chart-values.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = join(root, 'docs', 'kubernetes.md');

let dir: string;
beforeAll(async () => {
  await buildTools(['helm']);
  dir = await mkdtemp(join(tmpdir(), 'values-file-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function fileWith(name: string, text: string): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, text);
  return file;
}

const everything = {
  lanes: [{ ...lane, width: 3 }],
  pools: [{ name: 'gpu', image: 'trainer:1', labels: { team: 'own' } }],
  runs: { namespace: 'runs', createNamespace: true, ttlSeconds: 7 },
  store: { url: 's3://bucket/p', existingSecret: 'keys' },
  frontier: { url: 'https://git/x', existingSecret: 'git' },
  commonLabels: { team: 'lm', cost: '7' },
  commonAnnotations: { owner: 'lab' },
  imageRegistry: 'registry.example/',
  persistence: { enabled: false },
};

test.each<[string, () => Promise<string>]>([
  ['the one of the page', async () => labYaml()],
  ['one with all that the chart does to settings', async () => stringify(everything)],
  [
    'one that a parent chart has set a registry for',
    async () => stringify({ ...least, global: { imageRegistry: 'm' } }),
  ],
])('%s', async (_, text) => {
  const values = await fileWith('values.yaml', await text());
  const args = ['template', 'lab', join(root, 'charts', 'autoresearch'), '--values', values];
  // The page leaves the digests to its reader.
  const digest = `digest=sha256:${'a'.repeat(64)}`;
  const { stdout } = await execa('helm', [...args, '--set', `image.${digest}`], { env: withTools() });
  const configs = parseAllDocuments(stdout).map((one) => one.toJS()?.data?.['config.yaml']);
  const made = await readClusterConfig(await fileWith('made.yaml', configs.find(Boolean)));
  const read = await readClusterConfig(values, withoutChart);
  expect(read.pools).toEqual(made.pools);
  expect(read.lanes).toEqual(made.lanes);
  expect(read.proposer).toEqual(made.proposer);
  const { anchor: _anchor, deployment: _deployment, namespace, ...runs } = made.runs; // the release's
  expect(read.runs).toMatchObject(runs);
  expect(['', namespace]).toContain(read.runs.namespace);
});

test('a key that neither the chart nor the controller has is refused by its path', async () => {
  const file = await fileWith('wrong.yaml', stringify({ ...least, imagee: {} }));
  await expect(readClusterConfig(file, withoutChart)).rejects.toThrow(/imagee/);
});

async function labYaml(): Promise<string> {
  const { fences } = partsOf(await readFile(page, 'utf8'));
  const found = fences.find(({ content }) => content.includes('# lab.yaml'))!;
  return found.content;
}
