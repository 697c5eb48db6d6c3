// CPU time and memory of the controller over 1,000 experiments, bundled as in its image.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import { checkout } from '../../controller/settings/checkout.ts';
import { bundled } from './bundled.ts';
import type { Figure } from './figures.ts';

export async function controller(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const trainPy = join(checkout.cpu, 'train.py');
    const { stdout } = await bundled('thousand', (program) =>
      execa(process.execPath, [...NODE_FLAGS, program, join(dir, 'store'), trainPy]),
    );
    const { cpuMs, rssMb } = JSON.parse(stdout);
    return [
      { what: 'controller: CPU per experiment, over 1,000', value: cpuMs, unit: 'ms', aim: '' },
      { what: 'controller: resident at the end', value: rssMb, unit: 'MB', aim: '<= 100' },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
