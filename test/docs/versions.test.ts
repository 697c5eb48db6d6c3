// The version of a release stands in package.json; the chart, the lock and the commands of the pages say the same.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFile(join(root, path), 'utf8');
const { version } = JSON.parse(await read('package.json'));

test.each<[string, () => Promise<unknown>]>([
  ['the lock', async () => JSON.parse(await read('package-lock.json')).version],
  ['the chart', async () => parse(await read('charts/autoresearch/Chart.yaml')).version],
  ['what the chart installs', async () => parse(await read('charts/autoresearch/Chart.yaml')).appVersion],
  ['manifests/values.yaml', async () => /trainer:(\S+)/.exec(await read('manifests/values.yaml'))?.[1]],
])('%s is of the version of package.json', async (_, ofIt) => {
  expect(await ofIt()).toBe(version);
});

test.each(['README.md', 'docs/kubernetes.md'])('%s builds images of that version', async (page) => {
  const tags = [...(await read(page)).matchAll(/--tag (\d[\w.]*)/g)].map(([, tag]) => tag);
  expect(tags.length).toBeGreaterThan(0);
  expect(new Set(tags)).toEqual(new Set([version]));
});
