// What stands behind an option, as a shell, a script and npm hand it over.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cap, number, path, refuseSwallowed } from '../../../controller/cli/terminal/option-values.ts';
import { autoresearch } from '../command.ts';

describe('a number', () => {
  test.each([
    ['5', 5],
    ['0', 0],
    [' 2.5 ', 2.5],
    ['-1', -1],
    ['+2', 2],
    ['007', 7],
  ])('%j is %d', (text, value) => expect(number(text)).toBe(value));

  test.each(['', ' ', 'five', '5s', 'NaN', '0x10', '1e3', '1_000', '1,5', 'Infinity', '.5', '5.', '- 1'])(
    '%j is none',
    (text) => {
      expect(() => number(text)).toThrow('Give a number');
      expect(() => cap(text)).toThrow('Give a number from 0 on, such as 8, or none');
    },
  );

  test('that caps is none, or not below 0', () => {
    expect([cap('none'), cap('0'), cap('2')]).toEqual(['none', 0, 2]);
    expect(() => cap('-1')).toThrow('from 0 on');
  });
});

describe('a path', () => {
  test.each([
    ['~', homedir()],
    ['~/lab', join(homedir(), 'lab')],
    ['lab', 'lab'],
    ['a~/lab', 'a~/lab'],
    ['~other/lab', '~other/lab'],
  ])('%j is %j', (text, wanted) => expect(path(text)).toBe(wanted));

  test('that is empty is none', () => expect(() => path('')).toThrow('Give a path'));
});

describe('npm start', () => {
  const names = ['experiments', 'train-py'];
  test.each([
    [{ npm_config_experiments: '0' }, 'npm start -- --experiments 0'],
    [
      { npm_config_train_py: 'a.py', npm_config_experiments: '2' },
      'npm start -- --experiments 2 --train-py a.py',
    ],
  ])('that kept %j says how to type it', (kept, typed) => {
    expect(() => refuseSwallowed(names, { npm_lifecycle_event: 'start', ...kept })).toThrow(typed);
  });

  test('passes over settings of npm itself, and says nothing where npm did not start us', () => {
    refuseSwallowed(names, { npm_lifecycle_event: 'start', npm_config_prefix: '/x' });
    refuseSwallowed(names, { npm_config_experiments: '0' });
  });
});

test.each([
  ['limit', '--hours', ''],
  ['limit', '--usd', 'five'],
  ['dev', '--experiments', ''],
  ['status', '--dir', ''],
])('%s %s %j is refused by the name of the option', async (command, option, value) => {
  const { code, err } = await autoresearch(command, option, value);
  expect([code, err]).toEqual([2, expect.stringContaining(`option '${option}`)]);
});
