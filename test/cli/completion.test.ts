// What a shell completes, asked of the shells themselves where they are here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { program } from '../../controller/cli/program.ts';
import { commands } from '../../controller/cli/terminal/called.ts';
import { type Shell, scriptFor, shells } from '../../controller/cli/terminal/completion-scripts.ts';
import { completed } from '../../controller/cli/terminal/completion-words.ts';
import { autoresearch } from './command.ts';

const all = completed(program());
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'completion-'));
  await writeFile(join(dir, 'my train.py'), '');
  for (const shell of shells) await writeFile(join(dir, shell), scriptFor(shell, all));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** What Tab offers behind these words, sorted. */
async function offered(shell: Shell, ...words: string[]): Promise<string[]> {
  const { stdout } = await execa(shell, asking[shell](words), { cwd: dir, input: '' });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0]!)
    .sort();
}

const asking: Record<Shell, (words: readonly string[]) => string[]> = {
  bash: (words) => [
    '--norc',
    '-c',
    `. ${dir}/bash; COMP_WORDS=(autoresearch "$@"); COMP_CWORD=$#; _autoresearch; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    ...words,
  ],
  fish: (words) => [
    '--no-config',
    '-c',
    `source ${dir}/fish; complete -C ${quoted(`autoresearch ${words.join(' ')}`)}`,
  ],
  // zsh's own needs a line editor: what is asked of it is that it understands the script.
  zsh: () => ['-f', '-n', `${dir}/zsh`],
};
const quoted = (text: string) => `'${text}'`;
const here = async (shell: Shell) => (await execa(shell, ['-c', 'true'], { reject: false })).exitCode === 0;

test('every command that a person is shown is in it, and each name that sentences use is one', () => {
  expect(all.map(({ name }) => name).sort()).toEqual([...commands].sort());
});

describe.each(['bash', 'fish'] as const)('%s offers', (shell) => {
  const cases: [string, string[], string[]][] = [
    ['commands', ['re'], ['rebuild', 'remove', 'replay', 'resume', 'retract']],
    ['the words of a flag', ['list', '--sort', 'b'], ['bpb']],
    ['the trainers', ['dev', '--trainer', ''], ['cpu', 'gpu']],
    ['files behind a flag', ['dev', '--text', 'my'], ['my train.py']],
    ['files in a place', ['try', 'my'], ['my train.py']],
    ['what names an experiment', ['show', 'ba'], ['baseline']],
    ['shells', ['completion', 'z'], ['zsh']],
    ['flags', ['replay', '--ti'], ['--times']],
    ['nothing for what nobody can guess', ['dev', '--seed', 'x'], []],
  ];
  test.each(cases)('%s', async (_, words, expected) => {
    if (!(await here(shell))) return expect(shell).not.toBe('bash'); // a shell that is not here cannot be asked
    const said = await offered(shell, ...words);
    expect(said.map((one) => one.replaceAll('\\', ''))).toEqual(expected);
  });
});

test('zsh understands its script', async () => {
  if (!(await here('zsh'))) return;
  expect(await offered('zsh')).toEqual([]);
});

test('the command prints it, and says which shells there are', async () => {
  const said = await autoresearch('completion', 'bash');
  expect([said.code, `${said.out}\n`]).toEqual([0, scriptFor('bash', all)]);
  const wrong = await autoresearch('completion', 'ksh');
  expect([wrong.code, wrong.err]).toEqual([
    2,
    expect.stringContaining('Allowed choices are bash, zsh, fish'),
  ]);
});
