import { describe, expect, test } from 'vitest';
import { program } from '../../controller/cli/program.ts';
import { asCalled, type Called, calledBy, commands } from '../../controller/cli/terminal/called.ts';
import { autoresearch, main, saidBy } from './command.ts';

describe('who calls', () => {
  test.each<[string, boolean, string | undefined, Called]>([
    ['the bundle of an image', true, undefined, 'installed'],
    ['the bundle in a script of somebody', true, 'start', 'installed'],
    ['a clone under npx', false, 'npx', 'npx'],
    ['a clone through npm start', false, 'start', 'npm start'],
    ['a clone through npm run autoresearch', false, 'autoresearch', 'npx'],
    ['a clone by its file', false, undefined, 'npx'],
  ])('%s', (_, bundled, script, called) => {
    expect(calledBy(bundled, script)).toBe(called);
  });
});

describe('a sentence names a command as its reader types it', () => {
  const cases: [string, string, string][] = [
    [
      'go on with autoresearch resume, see autoresearch doctor',
      'go on with npx autoresearch resume, see npx autoresearch doctor',
      'go on with npx autoresearch resume, see npx autoresearch doctor',
    ],
    ['begin one with autoresearch dev', 'begin one with npx autoresearch dev', 'begin one with npm start'],
    ['See autoresearch dev --help.', 'See npx autoresearch dev --help.', 'See npm start -- --help.'],
    ['autoresearch limit --usd', 'npx autoresearch limit --usd', 'npx autoresearch limit --usd'],
    [
      'Usage: autoresearch [options] [command]',
      'Usage: npx autoresearch [options] [command]',
      'Usage: npx autoresearch [options] [command]',
    ],
    ...[
      'the branch autoresearch/dev',
      'autoresearch: one machine',
      'autoresearch developed this',
      'autoresearch list-like words',
    ].map((text): [string, string, string] => [text, text, text]),
  ];
  test.each(cases)('%s', (text, npx, start) => {
    expect(asCalled(text, 'npx')).toBe(npx);
    expect(asCalled(text, 'npm start')).toBe(start);
    expect(asCalled(text, 'installed')).toBe(text);
  });

  test('whichever command it is', () => {
    expect(commands).toEqual(program().commands.map((command) => command.name()));
  });
});

describe('as a clone is called', () => {
  test('what went wrong ends with what can be typed', async () => {
    const said = await autoresearch('status', '--dir', '/nonexistent');
    expect(said.err).toContain('begin one with npx autoresearch dev');
    const started = await saidBy(main, ['dev', '--budget', 'soon'], { npm_lifecycle_event: 'start' });
    expect(started.err).toContain('See npm start -- --help.');
  });

  test('so does help', async () => {
    expect((await autoresearch('status', '--help')).out).toContain(
      'Usage: npx autoresearch status [options]',
    );
    expect((await autoresearch('--help')).out).toContain('Usage: npx autoresearch [options] [command]');
  });
});
