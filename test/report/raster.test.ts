// A PNG from a bundle that lies where no packages are, as in an image.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { rasterise } from '../../controller/report/raster.ts';
import { bringRasterFiles } from '../../controller/report/raster-files.mjs';
import { bundle } from '../../images/controller/bundle.mjs';

test('a bundle draws the same PNG as the sources, where no package is installed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raster-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await bundle(join(import.meta.dirname, '../../controller/report/raster.ts'), folder);
  await bringRasterFiles(folder);
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"><text y="20">σ 0.1</text></svg>';
  const program = `const { rasterise } = await import(process.argv[1]);
process.stdout.write(await rasterise(process.argv[2], 90));`;
  const file = pathToFileURL(join(folder, 'raster.js')).href;
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', program, file, svg], {
    cwd: folder,
    encoding: 'buffer',
  });
  expect(Buffer.from(stdout).equals(await rasterise(svg, 90))).toBe(true);
});
