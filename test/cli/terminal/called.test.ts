import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { program } from '../../../controller/cli/program.ts';
import { asCalled, type Called, calledBy, commands } from '../../../controller/cli/terminal/called.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { autoresearch, main, saidBy } from '../command.ts';

describe('who calls', () => {
  test.each<[string, string | null, string | undefined, string, Called]>([
    ['an image', null, undefined, '/', { command: 'autoresearch', dev: null }],
    ['an image in a script of somebody', null, 'start', '/', { command: 'autoresearch', dev: null }],
    ['a clone', '/lab', undefined, '/lab', { command: './autoresearch', dev: null }],
    ['a clone through npm start', '/lab', 'start', '/lab', { command: './autoresearch', dev: 'npm start' }],
    ['a clone from elsewhere', '/lab', undefined, '/', { command: '/lab/autoresearch', dev: null }],
    ['one with a blank', '/my lab', undefined, '/', { command: "'/my lab/autoresearch'", dev: null }],
  ])('%s', (_, clone, script, from, called) => {
    expect(calledBy(clone, { script, from })).toEqual(called);
  });
});

describe('a sentence names a command as its reader types it', () => {
  const cases: [string, string, string][] = [
    [
      'go on with autoresearch resume, see autoresearch doctor',
      'go on with ./autoresearch resume, see ./autoresearch doctor',
      'go on with ./autoresearch resume, see ./autoresearch doctor',
    ],
    ['begin one with autoresearch dev', 'begin one with ./autoresearch dev', 'begin one with npm start'],
    ['See autoresearch dev --help.', 'See ./autoresearch dev --help.', 'See npm start -- --help.'],
    ['autoresearch limit --usd', './autoresearch limit --usd', './autoresearch limit --usd'],
    [
      'Usage: autoresearch [options] [command]',
      'Usage: ./autoresearch [options] [command]',
      'Usage: ./autoresearch [options] [command]',
    ],
    ...[
      'the branch autoresearch/dev',
      'autoresearch: one machine',
      'autoresearch developed this',
      'autoresearch list-like words',
    ].map((text): [string, string, string] => [text, text, text]),
  ];
  test.each(cases)('%s', (text, plain, start) => {
    expect(asCalled(text, { command: './autoresearch', dev: null })).toBe(plain);
    expect(asCalled(text, { command: './autoresearch', dev: 'npm start' })).toBe(start);
    expect(asCalled(text, { command: 'autoresearch', dev: null })).toBe(text);
  });

  test('whichever command it is', () => {
    expect(commands).toEqual(program().commands.map((command) => command.name()));
  });
});

describe('as a clone is called', () => {
  test('what went wrong ends with what can be typed', async () => {
    const said = await autoresearch('status', '--dir', '/nonexistent');
    expect(said.err).toContain('begin one with ./autoresearch dev');
    const started = await saidBy(main, ['dev', '--budget', 'soon'], { npm_lifecycle_event: 'start' });
    expect(started.err).toContain('See npm start -- --help.');
  });

  test('so does help', async () => {
    expect((await autoresearch('status', '--help')).out).toContain('Usage: ./autoresearch status [options]');
    expect((await autoresearch('--help')).out).toContain('Usage: ./autoresearch [options] [command]');
  });
});

test('no document names a command that npm would ask its registry for', () => {
  const documents = execFileSync('git', ['ls-files', '*.md', '.github'], {
    cwd: checkout.root,
    encoding: 'utf8',
  });
  const naming = documents
    .split('\n')
    .filter((path) => path && path !== 'CHANGELOG.md')
    .filter((path) => /npx autoresearch/.test(readFileSync(join(checkout.root, path), 'utf8')));
  expect(naming).toEqual([]);
});

test('the command works from any folder, by its path or a link to it', async () => {
  const home = await mkdtemp(join(tmpdir(), 'from '));
  try {
    await symlink(join(checkout.root, 'autoresearch'), join(home, 'ar'));
    for (const command of [join(checkout.root, 'autoresearch'), './ar']) {
      const { stderr, exitCode } = await execa(command, ['status', '--dir', 'none'], {
        cwd: home,
        reject: false,
      });
      expect(exitCode, stderr).toBe(3);
      expect(stderr).toContain(`begin one with ${join(checkout.root, 'autoresearch')} dev`);
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
