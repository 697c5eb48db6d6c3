import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { triedSchema } from '../../controller/core/verdict.ts';
import { autoresearch, start } from './command.ts';

test.each([
  ['Ctrl-C', 'SIGINT', 130],
  ['a kill without warning', 'SIGKILL', undefined],
] as const)('a run outlives %s and is adopted, not begun again', async (_, signal, code) => {
  const dir = await mkdtemp(join(tmpdir(), 'adopt-'));
  try {
    const run = ['dev', '--dir', dir, '--budget', '2s', '--experiments', '0', '--plain'];
    const first = start(...run);
    const began = join(dir, 'runs', 'main-000000-a1', 'result', 'started.json');
    await there(began);
    const intent = JSON.parse(await readFile(join(dir, 'runs', 'main-000000-a1', 'intent.json'), 'utf8'));
    first.kill(signal);
    const ended = await first;
    expect(ended.exitCode).toBe(code);
    expect(ended.stdout).toBe('');

    const second = await autoresearch(...run);
    expect(second.code, second.err).toBe(0);
    expect(second.err).toContain('1 runs found');
    const stored = join(dir, 'store', 'main', 'experiments', '000000', '1', 'result.json');
    const tried = triedSchema.parse(JSON.parse(await readFile(stored, 'utf8')));
    expect(tried.outcome).toMatchObject({ kind: 'finished', sealed: { nonce: intent.nonce } });
    expect(second.out).toMatch(/^000000 +keep +\d\.\d{6} +baseline$/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

/** Resolves once the file exists; the test's own timeout bounds it. */
async function there(file: string): Promise<void> {
  while (!(await readFile(file).catch(() => null))) await delay(10);
}
