import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { autoresearch } from './command.ts';

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-'));
  await writeFile(join(dir, 'file'), 'no folder');
  await writeFile(join(dir, 'unknown.yaml'), 'witdh: 2\n');
  await writeFile(join(dir, 'mistyped.yaml'), 'width: two\n');
  await mkdir(join(dir, 'held'));
  await writeFile(join(dir, 'held', 'store'), 'no folder');
  await writeFile(join(dir, 'broken.yaml'), 'width: [1\n');
  await writeFile(join(dir, 'list.yaml'), '- width\n');
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('what cannot be done is refused with the fix and an exit code', () => {
  const cases: [string, string[], number, RegExp][] = [
    ['an unknown flag', ['dev', '--witdh', '2'], 2, /unknown option '--witdh'[\s\S]*--width/],
    ['an unknown command', ['statsu'], 2, /Did you mean status/],
    ['a config file that is not there', ['dev', '--config', 'IN/nothing.yaml'], 2, /no config file/],
    ['a config with an unknown key', ['dev', '--config', 'IN/unknown.yaml'], 2, /witdh/],
    [
      'a config with a mistyped value',
      ['dev', '--config', 'IN/mistyped.yaml'],
      2,
      /expected number[\s\S]*width/,
    ],
    ['a config that is not YAML', ['dev', '--config', 'IN/broken.yaml'], 2, /not YAML/],
    ['a config that is a list', ['dev', '--config', 'IN/list.yaml'], 2, /holds no settings/],
    ['a doctor without pools', ['doctor', '--context', 'x'], 2, /give --config FILE, settings of/],
    [
      'an account without its namespace',
      ['doctor', '--context', 'x', '--account', 'robot'],
      2,
      /robot names no service account; write --account NAMESPACE\/NAME/,
    ],
    ['a budget without sense', ['dev', '--budget', '5x'], 2, /--budget 5x: .*5s, 5m or 1h.*--budget 5s$/m],
    ['a width of nothing', ['dev', '--width', '0'], 2, /--width 0: give 1 or more, such as --width 1$/m],
    ['half a seed', ['dev', '--seed', '1.5'], 2, /--seed 1\.5: give a whole number, such as --seed 42$/m],
    ['too many seeds', ['dev', '--evidence', '9'], 2, /--evidence 9: give 4 or less, such as --evidence 4$/m],
    ['a cap below nothing', ['dev', '--experiments', '-1'], 2, /--experiments -1: give 0 or more/],
    [
      'a cap in dollars for what is free',
      ['dev', '--max-usd', '5'],
      2,
      /the built-in proposer takes no --max-usd; leave that out, or add --proposer anthropic/,
    ],
    [
      'an address that is none',
      ['dev', '--notify', 'T0-secret'],
      2,
      /^(?!.*T0-secret).*such as https:\/\/chat\.example/,
    ],
    [
      'a lane that is no name',
      ['dev', '--lane', '../x'],
      2,
      /--lane \.\.\/x: the name of a lane has 1 to 32.*--lane main$/m,
    ],
    [
      'a folder that is a file',
      ['dev', '--dir', 'IN/file', '--experiments', '0'],
      3,
      /choose another folder/,
    ],
    [
      'a folder where none can be made',
      ['dev', '--dir', '/proc/lab', '--experiments', '0'],
      3,
      /^autoresearch: no folder can be made at \/proc\/lab; choose another one$/,
    ],
    [
      'a text without an end',
      ['dev', '--dir', 'IN/endless', '--text', '/dev/zero', '--experiments', '0'],
      2,
      /--text \/dev\/zero is a device or a pipe; write it to a file first, and name that$/,
    ],
    [
      'a store that is none, for a command that reads',
      ['status', '--store', 's3://'],
      2,
      /--store s3:\/\/: a store is s3:\/\/BUCKET or s3:\/\/BUCKET\/PREFIX, such as/,
    ],
    [
      'a store that is a file',
      ['dev', '--dir', 'IN/held', '--experiments', '0'],
      3,
      /^autoresearch: \/\S*\/held\/store\S* cannot be used: [^\n]*; move it away[^\n]*$/m,
    ],
    ['a status where no lane is', ['status', '--dir', 'IN/none'], 3, /begin one with \.\/autoresearch dev/],
    [
      'a cap that is no number',
      ['limit', '--hours', 'many'],
      2,
      /'--hours <h>' .*a number from 0 on, such as 8, or none/,
    ],
    ['a try without a message', ['try', 'IN/file'], 2, /--message/],
  ];
  test.each(cases)('%s', async (_, args, code, words) => {
    const said = await autoresearch(...args.map((arg) => arg.replace('IN', dir)));
    expect(said.err).toMatch(words);
    expect(said.out).toBe('');
    expect(said.code).toBe(code);
  });
});

test('the version goes to stdout', async () => {
  const said = await autoresearch('version');
  expect(said).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
});
