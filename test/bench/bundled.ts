// A controller's program as its image holds it: bundled, so that what is measured reads no TypeScript.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { checkout } from '../../controller/cli/place.ts';

/** Two folders below the root, as the sources do: a bundle finds program.md and the harness from there. */
const PLACE = join(checkout.root, '.tools');

/** Calls `use` with the bundle of the program in this folder, of which nothing is left afterwards. */
export async function bundled<T>(name: string, use: (path: string) => Promise<T>): Promise<T> {
  await mkdir(PLACE, { recursive: true });
  const dir = await mkdtemp(join(PLACE, 'bench-'));
  try {
    const outfile = join(dir, `${name}.mjs`);
    await build({
      entryPoints: [join(import.meta.dirname, `${name}.ts`)],
      outfile,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      minifySyntax: true,
      minifyWhitespace: true,
      // Packages written for CommonJS call require() for Node's own modules.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'error',
    });
    return await use(outfile);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
