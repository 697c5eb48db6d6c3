// Every command in shells that say odd things: what it prints is what it prints in a plain one, and nobody reads a stack.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { program } from '../../../controller/cli/program.ts';
import { completed } from '../../../controller/cli/terminal/completion-words.ts';
import { main } from '../command.ts';
import { type StoredLane, storedLane } from '../stored.ts';

let lane: StoredLane;
beforeAll(async () => {
  lane = await storedLane();
  await lane.run(3);
});
afterAll(() => lane[Symbol.asyncDispose]());

type Shell = Readonly<Record<string, string>>;
const PLAIN: Shell = { PATH: process.env.PATH!, HOME: homedir() };

/** `redirect`: what a shell says behind the command. */
async function say(args: readonly string[], env: Shell = PLAIN, redirect = '', cwd = lane.dir) {
  const words = [process.execPath, main, ...args];
  const { exitCode, stdout, stderr } = await execa('sh', ['-c', `"$@" ${redirect}`, 'sh', ...words], {
    ...{ cwd, env, extendEnv: false, reject: false, input: '' },
  });
  return { code: exitCode, out: stdout, err: stderr };
}

/** Of Node: a stack, or a warning of its own. */
const STACK = /^ {4}at |node:internal|\(Use `node /m;

const GIT: Shell = {
  ...{
    GIT_DIR: '/nowhere',
    GIT_WORK_TREE: '/nowhere',
    GIT_INDEX_FILE: '/nowhere',
    GIT_OBJECT_DIRECTORY: '/nowhere',
  },
  ...{
    GIT_CONFIG_GLOBAL: '/nowhere',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'core.bare',
    GIT_CONFIG_VALUE_0: 'no',
  },
  ...{
    GIT_TRACE: '1',
    GIT_AUTHOR_DATE: 'odd',
    GIT_COMMITTER_NAME: '',
    GIT_CEILING_DIRECTORIES: '/',
    GIT_NAMESPACE: 'x',
  },
};
const EMPTY: Shell = Object.fromEntries(
  [
    ...[
      'AUTORESEARCH_STORE',
      'AUTORESEARCH_FRONTIER',
      'AUTORESEARCH_ENDPOINT',
      'AUTORESEARCH_REGION',
      'AUTORESEARCH_NOTIFY',
    ],
    ...[
      'KUBECONFIG',
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'TERM',
      'NO_COLOR',
      'LC_ALL',
      'TMPDIR',
      'HTTP_PROXY',
      'AWS_REGION',
    ],
  ].map((name) => [name, '']),
);
const SHELLS: Readonly<Record<string, Shell>> = {
  'options of Node': {
    NODE_OPTIONS: '--trace-warnings --pending-deprecation --enable-source-maps --max-old-space-size=512',
  },
  'git’s variables': GIT,
  'a dumb terminal': { TERM: 'dumb', COLUMNS: '0', FORCE_COLOR: '3' },
  'empty values': EMPTY,
  'another language': { LC_ALL: 'C', LANG: 'C', LANGUAGE: 'xx' },
  'a folder for what is temporary that takes nothing': { TMPDIR: '/proc' },
  'Python’s variables': {
    PYTHONPATH: '/nowhere',
    PYTHONHOME: '/nowhere',
    PYTHONSTARTUP: '/nowhere',
    VIRTUAL_ENV: '/nowhere',
  },
  'odd proxies': { HTTP_PROXY: 'far:1', HTTPS_PROXY: 'socks4://x', NO_PROXY: '*', ALL_PROXY: '' },
};

/** What each is asked here; those that begin something, or wait, are asked what they refuse, or for help. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  ...{
    dev: ['--lane', 'A_B'],
    run: ['/nowhere.py'],
    up: ['--config', '/nowhere.yaml'],
    page: ['--port', 'x'],
  },
  ...{
    status: ['-o', 'json'],
    list: ['-o', 'tsv'],
    show: ['1'],
    diff: ['0', '1'],
    prompt: ['--lane', 'nobody'],
    logs: ['1'],
    version: [],
  },
  ...{
    export: [''],
    replay: ['--lane', 'nobody'],
    doctor: ['--help'],
    pause: [],
    resume: [],
    guide: ['keep CLIP'],
  },
  ...{
    limit: ['--hours', '8'],
    try: ['/nowhere.py', '-m', 'x'],
    retract: ['0'],
    import: ['/nowhere.tsv'],
    rebuild: [],
  },
  ...{ archive: [], remove: [], completion: ['bash'] },
};
const WHERE = new Set(['dev', 'run', 'up', 'version', 'completion', 'doctor']);

function asked(name: string): string[] {
  return [name, ...ASKED[name]!, ...(WHERE.has(name) ? [] : ['--dir', lane.dir])];
}

test('every command is asked', () => {
  expect(Object.keys(ASKED).sort()).toEqual(
    completed(program())
      .map(({ name }) => name)
      .sort(),
  );
});

const all = Object.assign({}, ...Object.values(SHELLS)) as Shell;
test.each(Object.keys(ASKED))('%s says the same in the oddest of shells, without a home', async (name) => {
  const plain = await say(asked(name));
  expect(plain.err).not.toMatch(STACK);
  const { HOME: _, ...homeless } = PLAIN;
  expect(
    await say(asked(name), { ...homeless, ...all, NODE_OPTIONS: SHELLS['options of Node']!.NODE_OPTIONS! }),
  ).toEqual(plain);
});

describe.each(Object.entries(SHELLS))('with %s', (_, shell) => {
  test.each(['status', 'show', 'rebuild'])('%s says the same', async (name) => {
    expect(await say(asked(name), { ...PLAIN, ...shell })).toEqual(await say(asked(name)));
  });
});

describe('an output that takes nothing', () => {
  const long = ['list', 'show', 'status', 'version', 'completion', 'diff'];
  test.each(long)('%s into a full disk says so in a sentence', async (name) => {
    const said = await say(asked(name), PLAIN, '> /dev/full');
    expect([said.code, said.out]).toEqual([3, '']);
    expect(said.err).toMatch(/^autoresearch: what it prints cannot be written \(ENOSPC\); free some space/);
    expect(said.err).not.toMatch(STACK);
  });

  test.each(long)('%s with its output closed ends in a sentence, or in peace', async (name) => {
    const said = await say(asked(name), PLAIN, '>&-');
    expect([0, 1, 3]).toContain(said.code);
    expect(said.err).not.toMatch(STACK);
  });

  test('closed for words, the data comes', async () => {
    const said = await say(asked('list'), PLAIN, '2>&- <&-');
    expect([said.code, said.out.split('\n').length]).toEqual([0, 5]);
  });
});

describe('a folder', () => {
  test.each([
    ['from the folder above', '..', (base: string) => join('.', base)],
    ['from inside', '.', () => '.'],
    ['with dots', '.', (base: string) => `../${base}/`],
  ])('is found %s', async (_, at, given) => {
    const base = lane.dir.split('/').at(-1)!;
    const said = await say(['status', '--dir', given(base)], PLAIN, '', join(lane.dir, at));
    expect(said.err).toBe('');
    expect(said.code).toBe(0);
  });

  test('behind a tilde that the shell left is at home', async () => {
    const home = join(lane.dir, '..');
    const said = await say(['status', `--dir=~/${lane.dir.split('/').at(-1)}`], { ...PLAIN, HOME: home });
    expect([said.code, said.err]).toEqual([0, '']);
  });

  test('that is gone under our feet', async () => {
    const gone = join(lane.dir, 'gone');
    await mkdir(gone);
    const said = await say(['status', '--dir', lane.dir], PLAIN, '; rmdir "$PWD"', gone);
    expect(said.err).not.toMatch(STACK);
  });
});

describe.each(['077', '000'])('under umask %s', (umask) => {
  test('a lane begins, its secret is its owner’s alone, and its text is there for runs', async () => {
    const lab = join(lane.dir, `lab-${umask}`);
    const words = [
      'dev',
      '--dir',
      lab,
      '--experiments',
      '0',
      '--plain',
      '--clock',
      'virtual',
      '--budget',
      '0.5s',
    ];
    const line = `umask ${umask}; exec "$@"`;
    const said = await execa('sh', ['-c', line, 'sh', process.execPath, main, ...words], {
      reject: false,
    });
    expect(said.exitCode, said.stderr).toBe(0);
    const mode = async (...path: string[]) => ((await stat(join(lab, ...path))).mode & 0o777).toString(8);
    expect(await mode('main', 'sealed')).toBe('700');
    expect(await mode('store', 'main', 'sealed', 'seed')).toBe('600');
    expect(await mode('main', 'text')).toMatch(/5$/);
    expect(await readFile(join(lab, '.gitignore'), 'utf8')).toBe('*\n');
  });
});
