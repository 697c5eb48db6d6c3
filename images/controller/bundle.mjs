// How the controller's programs are bundled: for its image, and for the benches that measure it.
//
// What a command loads only when it is called lies in files of its own beside it. In one single file all of it would be
// read and held in memory from the start, and what is imported lazily could not be rid of what nobody calls.
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** Bundles `entry`, a file NAME.ts, into NAME.js and what that loads later, all in `folder`; `more`: further options of esbuild. */
export function bundle(entry, folder, more = {}) {
  return build({
    entryPoints: [entry],
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // The page's bundler stays in the clone: an image is given what it makes.
    external: ['esbuild'],
    minifySyntax: true,
    minifyWhitespace: true,
    // Beside the code, not in it: with one letter beyond ASCII in a comment V8 holds the whole file at two bytes each.
    legalComments: 'linked',
    // Packages written for CommonJS call require() for Node's own modules.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [withoutModels, ...(more.sourcemap ? [unmappedPackages] : [])],
    logLevel: 'warning',
    ...more,
  });
}

/**
 * The client library declares a class for each kind of object and the tables to read them with, which are a sixth of a
 * controller's live heap. It does not say that loading them does nothing else; so that nobody need load them, we do.
 */
const withoutModels = {
  name: 'without-models',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, importer, resolveDir }) =>
      importer.includes('/@kubernetes/client-node/') ? { path: join(resolveDir, path), sideEffects: false } : undefined,
    );
  },
};

/**
 * Maps tell the lines of our own files only. Those of the packages were most of the maps, an eighth of the bundle: a
 * trace names their file, and line 1. esbuild follows the map that a file brings, and this one has a single point.
 */
const unmappedPackages = {
  name: 'unmapped-packages',
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => {
      const map = JSON.stringify({ version: 3, sources: [basename(path)], names: [], mappings: 'AAAA' });
      const url = `data:application/json;base64,${Buffer.from(map).toString('base64')}`;
      return { contents: `${await readFile(path, 'utf8')}\n//# sourceMappingURL=${url}`, loader: 'js' };
    });
  },
};
