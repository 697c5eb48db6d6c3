// A release is cut by one command: its number in every place, its section of the changelog, a commit and a tag.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');
const HOLDS = [
  'package.json',
  'package-lock.json',
  'charts/autoresearch/Chart.yaml',
  'manifests/values.yaml',
  'manifests/autoresearch.yaml',
  'README.md',
  'docs/kubernetes.md',
  'CHANGELOG.md',
];
let dir: string;
const read = (file: string) => readFile(join(dir, file), 'utf8');
const cut = (...words: string[]) =>
  execa('node', [join(root, 'images/release/cut.mjs'), ...words], { cwd: dir, reject: false });
const git = async (...words: string[]) => (await execa('git', words, { cwd: dir })).stdout;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'release-'));
  for (const file of HOLDS) await cp(join(root, file), join(dir, file), { recursive: true });
  await git('init', '-q');
  await git('config', 'user.name', 'a');
  await git('config', 'user.email', 'a@example.org');
  await git('add', '.');
  await git('commit', '-q', '-m', 'all');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('what is no version, and a checkout with changes, are refused with what to do', async () => {
  expect(await cut('v1')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('0.2.0') });
  await execa('touch', ['new'], { cwd: dir });
  expect(await cut('9.8.7')).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('commit or drop'),
  });
  await rm(join(dir, 'new'));
});

test('a version stands in every place that holds one, and is committed and tagged', async () => {
  const before = JSON.parse(await read('package.json')).version as string;
  const unreleased = /## \[Unreleased\]\n([\s\S]*?)(\n## \[|$)/.exec(await read('CHANGELOG.md'))![1]!.trim();
  expect(await cut('9.8.7')).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(await read('package.json')).version).toBe('9.8.7');
  const lock = JSON.parse(await read('package-lock.json'));
  expect([lock.version, lock.packages[''].version]).toEqual(['9.8.7', '9.8.7']);
  expect(parse(await read('charts/autoresearch/Chart.yaml'))).toMatchObject({
    version: '9.8.7',
    appVersion: '9.8.7',
  });
  expect(await read('manifests/values.yaml')).toContain('trainer:9.8.7');
  for (const page of ['README.md', 'docs/kubernetes.md', 'manifests/autoresearch.yaml'])
    expect(await read(page)).not.toContain(`${before}\n`);
  expect(await git('tag', '--points-at', 'HEAD')).toBe('v9.8.7');
  expect(await git('status', '--porcelain')).toBe('');
  const changelog = await read('CHANGELOG.md');
  expect(changelog).toMatch(/## \[Unreleased\]\n\n## \[9\.8\.7\] - \d{4}-\d\d-\d\d\n/);
  expect(await cut('--notes', '9.8.7')).toMatchObject({ exitCode: 0, stdout: unreleased });
  expect(await cut('--notes', '1.2.3')).toMatchObject({ exitCode: 3 });
});
