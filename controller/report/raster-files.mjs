// What a PNG is drawn with: files of packages in a clone. An image has no packages, so they lie beside its bundle.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** By the names that they have beside a bundle. */
export const RASTER_FILES = {
  'raster.wasm': '@resvg/resvg-wasm/index_bg.wasm',
  'font-400.woff2': '@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff2',
  'font-700.woff2': '@fontsource/dejavu-sans/files/dejavu-sans-latin-700-normal.woff2',
};

/** Lays them into the folder of a bundle. */
export async function bringRasterFiles(folder) {
  for (const [name, file] of Object.entries(RASTER_FILES))
    await cp(fileURLToPath(import.meta.resolve(file)), join(folder, name));
}
