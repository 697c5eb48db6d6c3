// A controller's program as its image holds it: bundled, so that what is measured reads no TypeScript.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkout } from '../../controller/settings/checkout.ts';
import { bundle } from '../../images/controller/bundle.mjs';

/** Two folders below the root, as the sources do: a bundle finds program.md and the harness from there. */
const PLACE = join(checkout.root, '.tools');

/** A new folder for a bundle, which the caller removes. */
export async function folderForBundle(): Promise<string> {
  await mkdir(PLACE, { recursive: true });
  return mkdtemp(join(PLACE, 'bundle-'));
}

/** Calls `use` with the bundle of the program in this folder, of which nothing is left afterwards. */
export async function bundled<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  const dir = await folderForBundle();
  try {
    await bundle(join(import.meta.dirname, `${name}.ts`), dir);
    return await use(join(dir, `${basename(name)}.js`));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
