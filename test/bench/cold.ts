// A fresh clone to its first row by `npm start`, packages and all.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkout } from '../../controller/settings/checkout.ts';
import type { Figure } from './figures.ts';

export async function coldStart(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const clone = join(dir, 'clone');
    await execa('git', ['clone', '-q', checkout.root, clone]);
    const before = performance.now();
    const flags = ['--', '--experiments', '0', '--dir', join(dir, 'lanes'), '--plain'];
    await execa('npm', ['start', '--silent', ...flags], { cwd: clone, stderr: 'inherit', timeout: 600_000 });
    const seconds = (performance.now() - before) / 1000;
    return [{ what: 'fresh clone: npm start to the first row', value: seconds, unit: 's', aim: '' }];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
