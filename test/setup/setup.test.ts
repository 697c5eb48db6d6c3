import { once } from 'node:events';
import { chmod, lstat, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { checkout } from '../../controller/settings/checkout.ts';
import { Machine, READ, UNREAD } from './machine.ts';

const machines: Machine[] = [];
const begin = async () => {
  const machine = await Machine.make();
  machines.push(machine);
  return machine;
};
afterEach(() => Promise.all(machines.splice(0).map((machine) => machine.close())));

describe('set-up on a fresh clone', () => {
  test('brings the packages, uv and the locked environments, one line each, and is silent ever after', async () => {
    const machine = await begin();
    const first = await machine.run('--tests');
    expect(first.stderr.replace(/\d+\.\d s/g, 'N s')).toBe(
      [
        'set-up: npm packages, Node 24 among them (about 700 MB on disk) … N s',
        'set-up: the command, from its sources … N s',
        "set-up: the trainer's Python packages … N s",
        "set-up: the Python tests' packages … N s",
        '',
      ].join('\n'),
    );
    expect([first.code, first.stdout]).toEqual([0, '']);
    const calls = await machine.calls();
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['npm', 'venv', 'pip', 'uv', 'uv']);
    expect(await machine.run('--tests')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await machine.calls()).toEqual(calls);
  });

  test('has uv install what the lock file names, with the Python that is there, through the proxy of the shell', async () => {
    const machine = await begin();
    await machine.runWith({
      env: { VIRTUAL_ENV: '/a/persons/own', UV_PYTHON_DOWNLOADS: 'automatic', HTTPS_PROXY: 'far:1' },
    });
    const uv = (await machine.calls()).at(-1)!;
    expect(uv).toMatch(
      /^uv downloads=never venv= proxy=http:\/\/far:1 sync .*--locked .*harness\/cpu --python \S+\/python3$/,
    );
  });

  test('leaves out what only tests need unless tests are to run', async () => {
    const machine = await begin();
    expect((await machine.run()).stderr).not.toContain('tests');
    expect((await machine.run('--tests')).stderr).toContain("the Python tests' packages");
  });

  test('leaves out packages that only a change of the code needs, until one is made', async () => {
    const machine = await begin();
    expect((await machine.run()).code).toBe(0);
    expect((await machine.run()).stderr).toBe('');
    expect((await machine.run('--dev')).stderr).toContain('npm packages');
    expect((await machine.run('--dev')).stderr).toBe('');
    expect((await machine.run()).stderr).toBe('');
    const npm = (await machine.calls()).filter((call) => call.startsWith('npm'));
    expect(npm).toEqual(['npm ci --omit=dev', 'npm ci --include=dev']);
  });

  test('leaves what only editors and compilers read out of them, too', async () => {
    const machine = await begin();
    const files = async () => {
      const there = await readdir(join(machine.root, 'node_modules/zod'), { recursive: true });
      return [...READ, ...UNREAD].filter((file) => there.includes(file));
    };
    await machine.run();
    expect(await files()).toEqual(READ);
    await machine.run('--dev');
    expect(await files()).toEqual([...READ, ...UNREAD]);
    await machine.run();
    expect(await files()).toEqual([...READ, ...UNREAD]);
  });

  test('bundles the command anew when its sources are others', async () => {
    const machine = await begin();
    await machine.setUp();
    await machine.write('controller/new.ts', 'export {};');
    expect((await machine.run()).stderr).toContain('the command, from its sources');
    expect((await machine.run()).stderr).toBe('');
  });

  test.each<[string, (machine: Machine) => Promise<unknown>, RegExp]>([
    ['the lock file of npm', (m) => m.write('package-lock.json', lockWith('4.7.0')), /npm packages/],
    ['the lock file of the trainer', (m) => m.write('harness/cpu/uv.lock', 'version = 2\n'), /trainer's/],
    ['the project of the tests', (m) => m.write('test/harness/pyproject.toml', '[tool]\n'), /Python tests'/],
  ])('installs again after a change of %s', async (_, change, line) => {
    const machine = await begin();
    await machine.setUp();
    await change(machine);
    const again = await machine.run('--tests');
    expect(again.stderr).toMatch(line);
  });

  test.each<[string, string, RegExp]>([
    ['node_modules', 'node_modules', /npm packages/],
    ['the environment of the trainer', 'harness/cpu/.venv', /trainer's/],
    ['the interpreter behind it', '.tools/uv/bin/uv', /trainer's/],
  ])('brings back %s when it was deleted', async (_, path, line) => {
    const machine = await begin();
    await machine.setUp();
    await rm(join(machine.root, path), { recursive: true });
    expect((await machine.run('--tests')).stderr).toMatch(line);
    expect((await machine.run('--tests')).stderr).toBe('');
  });

  test('takes over from a set-up that died half-way', async () => {
    const machine = await begin();
    await machine.python('python3', { version: '3.11.7', pipFails: 'connection reset' });
    expect((await machine.run()).code).toBe(3);
    await machine.python('python3', { version: '3.11.7' });
    await machine.write('.tools/set-up.lock', '999999999');
    expect((await machine.run()).code).toBe(0);
    expect((await machine.calls()).filter((call) => call === 'pip').length).toBe(2);
  });

  test('does everything once when two run at the same time', async () => {
    const machine = await begin();
    const both = await Promise.all([machine.run('--tests'), machine.run('--tests')]);
    expect(both.map((said) => said.code)).toEqual([0, 0]);
    const words = (await machine.calls()).map((call) => call.split(' ')[0]);
    expect(words).toEqual(['npm', 'venv', 'pip', 'uv', 'uv']);
  });
});

describe('set-up where npm does not run install scripts', () => {
  const link = (machine: Machine) => join(machine.root, 'node_modules/.bin/node');

  test('brings Node 24 as the package of this platform', async () => {
    const machine = await begin();
    await machine.npm({ scripts: false });
    const said = await machine.runWith({ nodeVersion: 'v20.11.0' });
    expect(said.stderr).toMatch(/Node 24\.21\.0, which npm had not installed … \d/);
    expect(said.code).toBe(0);
    expect((await lstat(link(machine))).isSymbolicLink()).toBe(true);
    expect(await readFile(link(machine), 'utf8')).toContain('v24.21.0');
    expect((await machine.runWith({ nodeVersion: 'v20.11.0' })).stderr).toBe('');
  });

  test('goes on with a Node 24 that the machine has', async () => {
    const machine = await begin();
    await machine.npm({ scripts: false, packaged: false });
    expect((await machine.runWith({ nodeVersion: 'v24.14.0' })).code).toBe(0);
    await expect(lstat(link(machine))).rejects.toThrow('ENOENT');
  });

  test('says what to do where there is none', async () => {
    const machine = await begin();
    await machine.npm({ scripts: false, packaged: false });
    const said = await machine.runWith({ nodeVersion: 'v22.3.0' });
    expect(said).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/Node 24\.21\.0 .* install Node 24 yourself/),
    });
    expect((await machine.runWith({ nodeVersion: 'v22.3.0' })).code).toBe(3);
  });
});

describe('set-up says in one sentence what the machine lacks:', () => {
  test.each<[string, (machine: Machine) => Promise<void>, RegExp]>([
    ['git', (m) => m.git(null), /^set-up: git is not on the PATH; install it .*\.$/],
    ['a newer git', (m) => m.git('git version 2.17.1'), /git version 2\.17\.1 is too old; install git 2\.31/],
    [
      'a Python',
      (m) => m.python('python3', null),
      /Python 3\.10 or later is needed, but there is none on the PATH; install/,
    ],
    [
      'a newer Python',
      (m) => m.python('python3', { version: '3.9.18' }),
      /python3 is Python 3\.9\.18; install/,
    ],
    [
      'the venv module',
      (m) => m.python('python3', { version: '3.12.1', venv: false }),
      /lacks the venv module; .*python3-venv/,
    ],
    [
      'a network for npm',
      (m) => m.npm({ fails: 'npm error ENOTFOUND registry' }),
      /npm could not .*:\n.*ENOTFOUND registry\nCheck the network/,
    ],
    [
      'room for npm',
      (m) => m.npm({ fails: 'npm error code ENOSPC' }),
      /packages: the disk is full; free some space/,
    ],
    [
      'a network for pip',
      (m) => m.python('python3', { version: '3.11.7', pipFails: 'no route to host' }),
      /pip could not install uv .*:\n.*no route to host\nCheck the network/,
    ],
    [
      'room for uv',
      (m) => m.python('python3', { version: '3.11.7', uvFails: 'No space left on device (os error 28)' }),
      /uv\.lock names: the disk is full; free/,
    ],
    [
      'its own lock file',
      (m) => m.write('package-lock.json', '{"packages"'),
      /package-lock\.json is missing or damaged; run git checkout/,
    ],
    [
      'the lock file of the trainer',
      (m) => rm(join(m.root, 'harness/cpu/uv.lock')),
      /harness\/cpu\/uv\.lock is missing; run git checkout/,
    ],
  ])('%s', async (_, take, sentence) => {
    const machine = await begin();
    await take(machine);
    const said = await machine.run();
    expect(
      said.stderr
        .replace(/^set-up: .* … \n/gm, '')
        .replace(/^set-up: .* … [\d.]+ s\n/gm, '')
        .trim(),
    ).toMatch(sentence);
    expect([said.code, said.stdout]).toEqual([3, '']);
    expect(said.stderr).not.toMatch(/^\s+at /m);
  });

  test('a newer Node', async () => {
    const said = await (await begin()).runWith({ nodeVersion: 'v18.20.1' });
    expect(said).toMatchObject({
      code: 3,
      stderr:
        'set-up: Node v18.20.1 is too old; install Node 20 or later (https://nodejs.org), then run it again.\n',
    });
  });

  test('a Python by the name that a person gave', async () => {
    const machine = await begin();
    const said = await machine.runWith({ env: { AUTORESEARCH_PYTHON: 'python3.99' } });
    expect(said).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/AUTORESEARCH_PYTHON=python3\.99 does not run/),
    });
  });

  test('a folder that may be written', async () => {
    const machine = await begin();
    await chmod(machine.root, 0o555);
    // Permissions bind everybody but root.
    const said = await machine.runWith(process.geteuid?.() === 0 ? { uid: 65534 } : {});
    await chmod(machine.root, 0o755);
    expect(said).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/this user may not write into .*; change its owner/),
    });
  });

  test('nothing, where an old Python stands before a good one', async () => {
    const machine = await begin();
    await machine.python('python3', { version: '3.8.10' });
    await machine.python('python3.12', { version: '3.12.1' });
    expect((await machine.run()).code).toBe(0);
    expect((await machine.calls()).at(-1)).toMatch(/python3\.12$/);
  });
});

test('a set-up waits for the one that is under way, and says for whom', async () => {
  const machine = await begin();
  const path = join(machine.root, '.tools/set-up.lock');
  await machine.write('.tools/set-up.lock', String(process.pid));
  let callsBefore: string[] = [];
  const said = await machine.runWith({
    async heard(words) {
      if (!words.includes('waiting for another one')) return;
      callsBefore = await machine.calls();
      await rm(path);
    },
  });
  expect(said.stderr).toContain(`process ${process.pid}; if there is no such process, delete ${path}`);
  expect(callsBefore).toEqual([]);
  expect(said.code).toBe(0);
  expect((await machine.calls()).length).toBeGreaterThan(0);
});

test.each([
  ['died', '999999999'],
  ['died before it signed', ''],
])('of several set-ups that find the lock of one that %s, one at a time goes on', async (_, left) => {
  const machine = await begin();
  const log = join(machine.root, 'turns');
  const turns = `
    import fs, { appendFileSync, existsSync } from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { rmSync } = fs;
    const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    fs.rmSync = (...given) => (pause(100 * Math.random()), rmSync(...given)); // so that several get as far as that
    syncBuiltinESMExports();
    const { lock } = await import(${JSON.stringify(pathToFileURL(join(machine.root, 'controller/setup/lock.mjs')).href)});
    process.stdout.write('ready');
    while (!existsSync(${JSON.stringify(join(machine.root, 'go'))}));
    const back = lock();
    appendFileSync(${JSON.stringify(log)}, 'begins ');
    pause(20);
    appendFileSync(${JSON.stringify(log)}, 'ends ');
    back();`;
  for (let round = 0; round < 2; round++) {
    await machine.write('turns', '');
    await machine.write('.tools/set-up.lock', left);
    await utimes(join(machine.root, '.tools/set-up.lock'), 1, 1);
    const starts = Array.from({ length: 6 }, () =>
      execa('node', ['--input-type=module', '--eval', turns], { reject: false }),
    );
    await Promise.all(starts.map(({ stdout }) => once(stdout, 'data')));
    await machine.write('go', '');
    expect((await Promise.all(starts)).map(({ exitCode }) => exitCode)).toEqual(starts.map(() => 0));
    await rm(join(machine.root, 'go'));
    expect(await readFile(log, 'utf8')).toBe('begins ends '.repeat(starts.length));
    expect((await readdir(join(machine.root, '.tools'))).filter((name) => name.includes('lock'))).toEqual([]);
  }
});

function lockWith(zod: string): string {
  return JSON.stringify({
    packages: { '': {}, 'node_modules/node': { version: '24.21.0' }, 'node_modules/zod': { version: zod } },
  });
}

test('npm start is the command dev, and needs no package that only a change of the code needs', async () => {
  const { scripts, dependencies } = JSON.parse(await readFile(join(checkout.root, 'package.json'), 'utf8'));
  expect(scripts.start).toBe('node controller/autoresearch.mjs dev');
  expect(scripts.prestart).toBe('node controller/setup.mjs');
  expect(dependencies).toMatchObject({ node: expect.anything(), esbuild: expect.anything() });
});
