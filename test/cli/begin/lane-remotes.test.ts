// A lane that was begun with its frontier elsewhere, by commands that are not told where.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LanePaths } from '../../../controller/wiring/paths.ts';
import { git } from '../../adapters/git/repositories.ts';
import { autoresearch } from '../command.ts';

let home: string;
let dir: string;
const dev = (experiments: number, ...args: string[]) => {
  const rules = ['--clock', 'virtual', '--budget', '0.5s', '--plain', '--experiments', String(experiments)];
  return autoresearch('dev', ...rules, '--dir', dir, ...args);
};
const bare = (name: string) => {
  const path = join(home, name);
  git(home, 'init', '-q', '--bare', path);
  return path;
};
const keeps = (repository: string) => git(repository, 'rev-list', '--count', 'autoresearch/main');

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'places-'));
  dir = join(home, 'lab');
  const said = await dev(0, '--frontier', bare('lab.git'));
  expect(said.code, said.err).toBe(0);
});
afterAll(() => rm(home, { recursive: true, force: true }));

test('it goes on there, and is read there', async () => {
  const said = await dev(2);
  expect([said.code, said.err]).toEqual([0, expect.stringContaining(`frontier  ${join(home, 'lab.git')} `)]);
  const { out } = await autoresearch('status', '-o', 'json', '--dir', dir);
  const [{ experiments, kept }] = JSON.parse(out);
  expect(experiments).toBe(2);
  expect(Number(keeps(join(home, 'lab.git')))).toBe(1 + kept);
});

test('another frontier is refused before any run, with the way out', async () => {
  const other = bare('other.git');
  const said = await dev(9, '--frontier', other);
  expect(said).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      `lane main was begun with its frontier ${join(home, 'lab.git')}; leave out --frontier ${other}, or use another --dir`,
    ),
  });
  expect(git(other, 'for-each-ref')).toBe('');
});

test('a lane of this machine stays on this machine', async () => {
  const here = join(home, 'here');
  const local = ['--dir', here];
  expect((await dev(0, ...local)).code).toBe(0);
  const said = await dev(0, ...local, '--frontier', join(home, 'lab.git'));
  expect([said.code, said.err]).toEqual([2, expect.stringContaining('its frontier on this machine')]);
});

test('lanes of different places are run apart', async () => {
  expect((await dev(0, '--lane', 'second', '--frontier', bare('second.git'))).code).toBe(0);
  const config = join(home, 'two.yaml');
  await writeFile(config, 'lanes: [{ name: main }, { name: second }]\n');
  const said = await autoresearch('dev', '--config', config, '--dir', dir, '--plain');
  expect([said.code, said.err]).toEqual([2, expect.stringContaining('run each with --lane alone')]);
});

test('a damaged note is named with what to do, and hides no other lane', async () => {
  const file = new LanePaths(dir).remotes('second');
  await writeFile(file, '{');
  const said = await autoresearch('status', '--lane', 'second', '--dir', dir);
  expect([said.code, said.err]).toEqual([3, expect.stringContaining(`${file} is damaged`)]);
  expect((await autoresearch('status', '--lane', 'main', '--dir', dir)).code).toBe(0);
});
