// The whole command as one folder: its bundle, and what its page gives to browsers.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildBrowserPart } from '../../controller/page/browser-part.mjs';
import { bringRasterFiles } from '../../controller/report/raster-files.mjs';
import { root } from '../../controller/setup/missing.mjs';
import { bundle } from './bundle.mjs';

/** `more`: further options of esbuild. */
export async function bundleCommand(folder, more = {}) {
  await bundle(join(root, 'controller', 'main.ts'), folder, more);
  const { script, style } = await buildBrowserPart();
  await writeFile(join(folder, 'page-script.js'), script);
  await writeFile(join(folder, 'page-style.css'), style);
  await bringRasterFiles(folder);
}
