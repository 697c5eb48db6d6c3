import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { attemptResultSchema } from '../../controller/core/verdict.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { heard, start } from './command.ts';

/** The trainer, once there is a file `go` beside it: a run that is under way for as long as a test wants. */
const trainer = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
const WAITS = `import os, time\nwhile not os.path.exists("go"): time.sleep(0.01)\n${trainer}`;

test.each([
  ['Ctrl-C', 'SIGINT', 130],
  ['a kill without warning', 'SIGKILL', undefined],
] as const)('a run outlives %s and is adopted, not begun again', async (_, signal, code) => {
  const dir = await mkdtemp(join(tmpdir(), 'adopt-'));
  try {
    const file = join(dir, 'waits.py');
    await writeFile(file, WAITS);
    const run = ['dev', '--dir', dir, '--train-py', file, '--budget', '2s', '--experiments', '0', '--plain'];
    const first = start(...run);
    const place = join(dir, 'runs', 'main-000000-a1');
    await there(join(place, 'result', 'started.json'));
    const intent = JSON.parse(await readFile(join(place, 'intent.json'), 'utf8'));
    first.kill(signal);
    const ended = await first;
    expect(ended.exitCode).toBe(code);
    expect(ended.stdout).toBe('');

    const second = start(...run);
    await Promise.race([heard(second.stderr, '1 run found'), second]);
    await writeFile(join(place, 'work', 'go'), '');
    const { exitCode, stdout, stderr } = await second;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('1 run found');
    const stored = join(dir, 'store', 'main', 'experiments', '000000', '1', 'result.json');
    const tried = attemptResultSchema.parse(JSON.parse(await readFile(stored, 'utf8')));
    expect(tried.outcome).toMatchObject({ kind: 'finished', sealed: { nonce: intent.nonce } });
    expect(stdout).toMatch(/^000000 +keep +\d\.\d{6} +baseline$/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

/** Resolves once the file exists; the test's own timeout bounds it. */
async function there(file: string): Promise<void> {
  while (!(await readFile(file).catch(() => null))) await delay(10);
}
