// Every command that only looks, under a shell that says odd things: it answers as it does under a plain one.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../../../controller/settings/checkout.ts';
import { plainEnv } from '../../setup/plain-env.ts';
import { type StoredLane, storedLane } from '../stored.ts';

const command = join(checkout.root, 'autoresearch');
const NOWHERE = '/nowhere/at/all';

let lane: StoredLane;
let home: string;
beforeAll(async () => {
  lane = await storedLane();
  await lane.run(1);
  home = await mkdtemp(join(tmpdir(), 'hostile-'));
  await mkdir(join(home, 'site'));
  await writeFile(join(home, 'site', 'json.py'), 'raise SystemExit("another json")\n');
});
afterAll(async () => {
  await lane[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const COMMANDS: readonly (readonly string[])[] = [['version'], ['list', '-o', 'tsv']];

/** A shell line that calls the command as "$@". */
async function said(
  line: string,
  env: Record<string, string | undefined>,
  args: readonly string[],
  cwd = home,
) {
  const where = args[0] === 'version' ? [] : ['--dir', lane.dir];
  const shell = ['-c', line, 'sh', command, ...args, ...where];
  const { stdout, stderr, exitCode } = await execa('/bin/sh', shell, {
    cwd,
    env: env as Record<string, string>,
    extendEnv: false,
    reject: false,
  });
  return { stdout, stderr, exitCode };
}

const same = '"$@"';

/** What it says under a plain shell, asked once. */
function plainly(args: readonly string[]): ReturnType<typeof said> {
  const asked = plain.get(args.join(' ')) ?? said(same, plainEnv() as Record<string, string>, args);
  plain.set(args.join(' '), asked);
  return asked;
}
const plain = new Map<string, ReturnType<typeof said>>();

const all = (names: readonly string[], value: string) =>
  Object.fromEntries(names.map((name) => [name, value]));
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy'];

describe.each<[string, string, Record<string, string | undefined>]>([
  ['proxies without a scheme', same, all(PROXIES, 'far.example:3128')],
  ['a SOCKS proxy', same, all(PROXIES, 'socks5h://far:1080')],
  ['proxies that are none', same, all(PROXIES, 'http://')],
  ['empty proxies', same, all(PROXIES, '')],
  ['a NO_PROXY of every form', same, { HTTPS_PROXY: 'far:1', NO_PROXY: '*,.a b:1,10.0.0.0/8,[::1],,' }],
  ['another Python', same, all(['PYTHONHOME', 'PYTHONPATH', 'PYTHONSTARTUP', 'PYTHONPLATLIBDIR'], NOWHERE)],
  ['a Python that warns', same, { PYTHONWARNINGS: 'error', PYTHONINSPECT: '1', PYTHONOPTIMIZE: '2' }],
  ['options of Node', same, { NODE_OPTIONS: '--max-old-space-size=300 --no-warnings' }],
  ['a production', same, { NODE_ENV: 'production', NODE_PATH: NOWHERE, NODE_DEBUG: '' }],
  [
    'another repository',
    same,
    all(['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_OBJECT_DIRECTORY'], NOWHERE),
  ],
  [
    'other settings of git',
    same,
    {
      GIT_CONFIG_GLOBAL: NOWHERE,
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'core.bare',
      GIT_CONFIG_VALUE_0: 'x',
    },
  ],
  ['git that traces', same, { GIT_TRACE: '1', GIT_PAGER: 'false', GIT_EDITOR: 'false' }],
  ['kubeconfigs that are not there', same, { KUBECONFIG: `${NOWHERE}:${NOWHERE}2:` }],
  ['a dumb terminal', same, { TERM: 'dumb' }],
  ['no terminal type', same, { TERM: undefined, COLUMNS: '0', LINES: '' }],
  [
    'empty values',
    same,
    all(
      [
        'AUTORESEARCH_STORE',
        'AUTORESEARCH_FRONTIER',
        'ANTHROPIC_API_KEY',
        'KUBECONFIG',
        'TMPDIR',
        'AUTORESEARCH_DEBUG',
      ],
      '',
    ),
  ],
  ['no HOME', same, { HOME: undefined }],
  ['a HOME that is not there', same, { HOME: NOWHERE }],
  ['a TMPDIR that is not there', same, { TMPDIR: NOWHERE }],
  ['the locale C', same, { LC_ALL: 'C', LANG: 'C' }],
  ['umask 077', 'umask 077; "$@"', {}],
  ['umask 000', 'umask 000; "$@"', {}],
  ['a closed stdin', '"$@" <&-', {}],
  ['a closed stderr', '"$@" 2>&-', {}],
])('under %s', (_, line, env) => {
  test.each(COMMANDS)('%s answers as ever', async (...args) => {
    const expected = await plainly(args);
    expect(expected.exitCode, expected.stderr).toBe(0);
    expect(await said(line, { ...plainEnv(), ...env }, args)).toEqual(expected);
  });
});
