// The real thing, from the package registries: minutes on a slow line.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { plainEnv } from './plain-env.ts';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '..', '..');

test.each<[string, Record<string, string>]>([
  ['runs on Node 24 and has its Python', {}],
  ['does so where npm runs no install scripts', { npm_config_ignore_scripts: 'true' }],
])('a fresh clone %s', async (_, env) => {
  const clone = await mkdtemp(join(tmpdir(), 'clone-'));
  try {
    await run('git', ['clone', '--quiet', repository, clone]);
    const options = { cwd: clone, env: plainEnv(env) };
    await run('npm', ['run', 'pretest'], options);
    const node = await run('npm', ['exec', '--no', '--', 'node', '--version'], options);
    expect(node.stdout.trim()).toMatch(/^v24\./);
    const numpy = 'import numpy, pytest; print(numpy.__version__)';
    const python = await run(join(clone, 'test/harness/.venv/bin/python'), ['-c', numpy], options);
    expect(python.stdout.trim()).toMatch(/^2\./);
    const again = await run('npm', ['run', '--silent', 'pretest'], options);
    expect(again).toMatchObject({ stdout: '', stderr: expect.not.stringContaining('set-up') });
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
});
