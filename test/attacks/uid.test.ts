// Level `uid` as a person gets it: `autoresearch dev`, as root, on a kernel without Landlock.
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
import { isRoot, openPython, sourceOf, triedIn } from './arena.ts';

const root = join(import.meta.dirname, '..', '..');
const OPEN = 0o755;

describe.skipIf(process.platform !== 'linux' || !isRoot())('root without Landlock', () => {
  let base: string;
  let checkout: string;
  let lab: string;
  const seed = () => join(lab, 'store', 'main', 'sealed', 'seed');
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

  /** A checkout in a folder that every user may pass, with a Python that every user can run. */
  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), 'uid-'));
    chmodSync(base, OPEN);
    [checkout, lab] = [join(base, 'checkout'), join(base, 'lab')];
    const part = (path: string) => !/\/(\.venv|__pycache__)$/.test(path);
    for (const name of ['controller', 'harness', 'program.md', 'package.json'])
      cpSync(join(root, name), join(checkout, name), { recursive: true, filter: part });
    symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
    symlinkSync(openPython(base), join(checkout, 'harness', 'cpu', '.venv'));
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  async function autoresearch(...args: string[]) {
    const command = [join(import.meta.dirname, 'without-landlock.py'), process.execPath];
    return execa('python3', [...command, join(checkout, 'controller', 'main.ts'), ...args], {
      reject: false,
    });
  }

  function dev(experiments: number, ...more: string[]) {
    const lane = ['--clock', 'virtual', '--budget', '0.5s', '--plain', '--experiments', String(experiments)];
    return autoresearch('dev', '--dir', lab, ...lane, ...more);
  }

  function levels(): string[] {
    const decoded = decode(readFileSync(join(lab, 'store', 'main', 'results.tsv'), 'utf8'));
    if (decoded.kind !== 'rows') throw new Error(`results.tsv cannot be read: ${JSON.stringify(decoded)}`);
    return decoded.rows.map((row) => `${row.error || 'measured'} ${row.sealed}`);
  }

  test('each run has a user of its own, who can read neither the text nor what it is drawn from', async () => {
    const first = await dev(1);
    expect(first.exitCode, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/^autoresearch: /);
    // As earlier releases left a lane.
    chmodSync(join(lab, 'main'), 0o700);
    chmodSync(join(lab, 'store', 'main', 'sealed'), OPEN);
    chmodSync(seed(), 0o644);
    const attack = join(base, 'attack.py');
    writeFileSync(attack, sourceOf('reads-the-seed', { seed: seed(), sealed: join(lab, 'main', 'sealed') }));
    const queued = await autoresearch('try', attack, '-m', 'reads the seed', '--dir', lab);
    expect(queued.exitCode, queued.stderr).toBe(0);
    const second = await dev(2);
    expect(second.exitCode, second.stderr).toBe(0);
    expect(levels()).toEqual(['measured uid', 'measured uid', 'measured uid']);
    const log = await autoresearch('logs', '2', '--dir', lab);
    expect(Object.fromEntries(triedIn(log.stdout))).toEqual({
      'read the secret': ['EACCES'],
      'list the folder of the secret': ['EACCES'],
      'list the folder of the text': ['EACCES'],
    });
    expect([mode(seed()), mode(join(seed(), '..')), mode(join(lab, 'main', 'sealed'))]).toEqual([
      '600',
      '700',
      '700',
    ]);
  });

  test('a mask that closes all that is made, or a folder that goes in the end, closes no run out', async () => {
    const masked = process.umask(0o077);
    try {
      rmSync(lab, { recursive: true });
      expect((await dev(0)).stderr).toMatch(/^autoresearch: /);
      expect(levels()).toEqual(['measured uid']);
    } finally {
      process.umask(masked);
    }
    const gone = await dev(0, '--ephemeral', '-o', 'json');
    expect(gone.exitCode, gone.stderr).toBe(0);
    expect(gone.stderr).toContain('Ctrl-C stops; all of it is removed then.');
    expect(JSON.parse(gone.stdout)).toMatchObject({ status: 'keep', sealed: 'uid' });
  });

  test('a checkout that no other user may enter is said in the first line, with what to do', async () => {
    chmodSync(join(checkout, 'harness'), 0o700);
    try {
      const [first, why, todo] = (await dev(0)).stderr.split('\n');
      expect(first).toMatch(/^NOT SEALED: train\.py can read the validation text here/);
      expect(why).toMatch(/^ {2}why .*no Landlock; uid: train\.py could not read .*\(Permission denied\)$/);
      expect(todo).toMatch(/^ {2}to seal .*keep this checkout and --dir where every user may pass/);
    } finally {
      chmodSync(join(checkout, 'harness'), OPEN);
    }
  });
});
