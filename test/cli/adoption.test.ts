import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { attemptResultSchema } from '../../controller/core/verdict.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { heard, start, startAtTerminal } from './command.ts';

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

/** What is left on a screen: without what was drawn over. */
const shown = (text: string) =>
  stripVTControlCharacters(text)
    .replaceAll('\r\n', '\n')
    .split('\n')
    .map((line) => line.split('\r').findLast((part) => part !== '') ?? '');

// A terminal sends Ctrl-C to all that it started, and a second one ends the controller wherever it is.
test.each([
  ['once', 1],
  ['twice', 2],
] as const)('Ctrl-C %s at a terminal loses nothing and leaves nothing', async (_, presses) => {
  const dir = await mkdtemp(join(tmpdir(), 'keys-'));
  try {
    const file = join(dir, 'waits.py');
    await writeFile(file, WAITS);
    const run = ['dev', '--dir', dir, '--train-py', file, '--budget', '2s', '--experiments', '0'];
    const first = startAtTerminal(...run);
    const place = join(dir, 'runs', 'main-000000-a1');
    await there(join(place, 'result', 'started.json'));
    for (let press = 0; press < presses; press++) first.stdin.write('\x03');
    const { exitCode, stdout } = await first;
    const screen = shown(stdout).filter((line) => line !== '' && line !== '^C');
    // The second one may come when the first has done its work.
    if (presses === 1 || exitCode === 130) {
      expect(exitCode).toBe(130);
      expect(screen.at(-1)).toBe('stopped as asked; run it again to go on (its run goes on meanwhile)');
      expect(stdout.endsWith('\n')).toBe(true);
    } else expect(exitCode).toBe(256 - constants.signals.SIGINT);

    await writeFile(join(place, 'work', 'go'), '');
    const second = await start(...run, '--plain');
    expect(second.exitCode, second.stderr).toBe(0);
    expect(second.stdout).toMatch(/^000000 +keep +\d\.\d{6} +baseline$/);
    expect(await processesOf(dir)).toEqual([]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

/** The command lines that name this folder. */
async function processesOf(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}

/** Resolves once the file exists; the test's own timeout bounds it. */
async function there(file: string): Promise<void> {
  while (!(await readFile(file).catch(() => null))) await delay(10);
}
