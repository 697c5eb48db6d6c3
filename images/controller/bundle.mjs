// How the controller's programs become one file each: for its image, and for the benches that measure it.
import { build } from 'esbuild';

/** Bundles `entry` into `outfile`; `more`: further options of esbuild. */
export function bundle(entry, outfile, more = {}) {
  return build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    // Packages written for CommonJS call require() for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
    ...more,
  });
}
