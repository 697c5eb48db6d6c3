// The command with results in S3 and the frontier on a remote: the machine it runs on may vanish.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { git } from '../adapters/git/repositories.ts';
import { type GitServer, serveHttp } from '../git/http.ts';
import { credentials, type Gateway, openGateway } from '../s3/gateway.ts';
import { autoresearch as command } from './command.ts';

const account = { username: 'controller', password: 'canary-of-git' };

/** All that the commands said. */
const said: string[] = [];
async function autoresearch(...args: string[]) {
  const answer = await command(...args);
  said.push(answer.out, answer.err);
  return answer;
}

let gateway: Gateway;
let server: GitServer;
let home: string;
let far: string[];
beforeAll(async () => {
  gateway = await openGateway();
  home = await mkdtemp(join(tmpdir(), 'remote-cli-'));
  git(join(home, 'lab.git'), 'init', '-q', '--bare', join(home, 'lab.git'));
  server = await serveHttp(home, account);
  for (const [name, value] of Object.entries(account)) await writeFile(join(home, name), `${value}\n`);
  const s3 = ['--store', `s3://${gateway.bucket()}/lab`, '--endpoint', gateway.endpoint];
  far = [...s3, '--frontier', server.url('lab.git'), '--frontier-credentials', home];
}, 1_800_000);
afterAll(async () => {
  await Promise.all([gateway?.close(), server?.close()]);
  await rm(home, { recursive: true, force: true });
});

const run = ['dev', '--clock', 'virtual', '--budget', '0.5s', '--plain'];
let dirs = 0;
const nothing = () => ['--dir', join(home, `empty-${dirs++}`), ...far];

test('it begins, goes on in an empty folder with the two URLs alone, and tells the same', async () => {
  const first = await autoresearch(...run, ...nothing(), '--experiments', '3');
  expect(first.code, first.err).toBe(0);
  const before = await autoresearch('list', '-o', 'tsv', ...nothing());
  expect(before.out.split('\n')).toHaveLength(5);
  const again = await autoresearch(...run, ...nothing(), '--experiments', '3');
  expect([again.code, again.out], again.err).toEqual([0, '']);
  expect((await autoresearch('list', '-o', 'tsv', ...nothing())).out).toBe(before.out);
  const more = await autoresearch(...run, ...nothing(), '--experiments', '5');
  expect(more.code, more.err).toBe(0);
  const after = await autoresearch('list', '-o', 'tsv', ...nothing());
  expect(after.out).toMatch(new RegExp(`^${before.out.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\n.+\n.+$`));
  const kept = after.out.split('\n').filter((line) => line.split('\t')[3] === 'keep');
  const log = git(
    join(home, 'lab.git'),
    'log',
    '--reverse',
    '--format=%h',
    '--abbrev=7',
    'autoresearch/main',
  );
  expect(log.split('\n')).toEqual(kept.map((line) => line.split('\t')[0]));
});

test('the reading commands need the two URLs and nothing else', async () => {
  const show = await autoresearch('show', '1', '-o', 'json', ...nothing());
  expect(JSON.parse(show.out)).toMatchObject([{ experiment: '000001' }]);
  expect((await autoresearch('logs', '1', ...nothing())).out).toContain('val_bpb:');
  expect((await autoresearch('rebuild', ...nothing())).err).toContain('6 rows, as it was, to the byte');
  const status = await autoresearch('status', '-o', 'json', ...nothing());
  expect(JSON.parse(status.out)[0]).toMatchObject({
    state: 'no controller on this machine; see --context',
    experiments: 5,
  });
  const out = join(home, 'out');
  const exported = await autoresearch('export', out, ...nothing());
  expect(exported.code, exported.err).toBe(0);
  execFileSync('git', [
    'clone',
    '-q',
    '-b',
    'autoresearch/main',
    join(out, 'main.bundle'),
    join(home, 'mine'),
  ]);
  const tip = git(join(home, 'lab.git'), 'rev-parse', 'autoresearch/main');
  expect(git(join(home, 'mine', '.git'), 'rev-parse', 'HEAD')).toBe(tip);
});

test('the doctor looks at both', async () => {
  const told = await autoresearch('doctor', '-o', 'json', ...nothing());
  const checks = JSON.parse(told.out) as { check: string; result: string }[];
  const seen = checks.filter(({ check }) => /^(store|frontier):/.test(check));
  expect(seen.map(({ check, result }) => `${check} ${result}`)).toEqual([
    'store: write ok',
    'store: read ok',
    'store: list ok',
    'store: conditional writes ok',
    'store: clock ok',
    'store: delete ok',
    'frontier: read ok',
    'frontier: atomic push ok',
    'frontier: expected sha ok',
    'frontier: delete ok',
  ]);
  const wrong = await autoresearch('doctor', '--store', 's3://missing', '--endpoint', gateway.endpoint);
  expect(wrong).toMatchObject({ code: 3, out: expect.stringMatching(/NoSuchBucket.*create it/) });
});

test('no secret is in anything that was written or said', async () => {
  const secrets = [
    account.password,
    Buffer.from(`${account.username}:${account.password}`).toString('base64'),
  ];
  secrets.push(credentials.AWS_SECRET_ACCESS_KEY);
  const files = (await readdir(home, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const written = files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path !== join(home, 'password'));
  expect(written.length).toBeGreaterThan(50);
  const contents = [
    ...(await Promise.all(written.map((path) => readFile(path, 'latin1')))),
    ...gateway.contents(),
  ];
  expect(contents.join('').includes('val_bpb')).toBe(true);
  contents.push(git(join(home, 'lab.git'), 'log', '--all', '-p'), ...said);
  for (const secret of secrets) expect(contents.filter((text) => text.includes(secret))).toEqual([]);
  const wrong = await autoresearch(
    'list',
    '--dir',
    home,
    '--frontier',
    `${server.url('none.git')}`,
    '--frontier-credentials',
    home,
  );
  expect(wrong.code).toBe(1);
  for (const secret of secrets) expect(wrong.err).not.toContain(secret);
});

test.each([
  ['a password in the URL', 'https://me:secret@host/x', 2, /credentials do not belong in a URL/],
  [
    'a scheme that git runs programs for',
    'ext::sh -c true',
    2,
    /a frontier is a URL or a path without spaces/,
  ],
  [
    'a path where nothing is',
    '/nowhere/x.git',
    1,
    /create it there with git init --bare, or correct the URL/,
  ],
])('%s is refused with what to do', async (_, url, code, words) => {
  const refused = await autoresearch('list', '--dir', join(home, 'refused'), '--frontier', url);
  expect(refused.err).toMatch(words);
  expect(refused.err).not.toContain('secret');
  expect(refused.code).toBe(code);
});
