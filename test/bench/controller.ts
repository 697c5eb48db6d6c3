// CPU time and memory of the controller over 1,000 experiments, bundled as in its image.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { checkout } from '../../controller/cli/place.ts';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import type { Figure } from './figures.ts';

export async function controller(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const bundle = join(dir, 'thousand.mjs');
    const entry = join(import.meta.dirname, 'thousand.ts');
    await build({
      entryPoints: [entry],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const trainPy = join(checkout.cpu, 'train.py');
    const { stdout } = await execa(process.execPath, [...NODE_FLAGS, bundle, join(dir, 'store'), trainPy]);
    const { cpuMs, rssMb } = JSON.parse(stdout);
    return [
      { what: 'controller: CPU per experiment, over 1,000', value: cpuMs, unit: 'ms', aim: '' },
      { what: 'controller: resident at the end', value: rssMb, unit: 'MB', aim: '<= 100' },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
