// Who ends a lane that is being made ready ends what makes its text, too, and the next start goes on.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { main } from '../command.ts';

test.each([
  ['a terminal, whose Ctrl-C all of them get', 'SIGINT', (pid: number) => -pid],
  ['a system, which ends the command alone', 'SIGTERM', (pid: number) => pid],
] as const)('%s stops a lane whose text is being made, and it is begun again', async (_, signal, whom) => {
  const dir = await mkdtemp(join(tmpdir(), 'ready-'));
  try {
    const words = ['dev', '--dir', dir, '--budget', '0.5s', '--experiments', '0', '--plain'];
    const options = { reject: false, detached: true, env: { AUTORESEARCH_DEBUG: '1' } } as const;
    const first = execa(process.execPath, [main, ...words], options);
    await preparing(dir);
    process.kill(whom(first.pid!), signal);
    const { exitCode, stdout, stderr } = await first;
    expect([exitCode, stdout]).toEqual([130, '']);
    expect(stderr).toContain('while the lane stopped: ');
    expect(stderr.split('\n').at(-1)).toBe('stopped as asked; run it again to go on');
    const second = await execa(process.execPath, [main, ...words], options);
    expect(second.exitCode, second.stderr).toBe(0);
    expect(second.stdout).toMatch(/^000000 +keep +\d\.\d{6} +baseline$/);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

/** Resolves once a prepare.py works in the folder; the test's own timeout bounds it. */
async function preparing(folder: string): Promise<void> {
  for (;;) {
    const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
    if (lines.some((line) => line.includes(folder) && line.includes('prepare.py'))) return;
    await delay(5);
  }
}
