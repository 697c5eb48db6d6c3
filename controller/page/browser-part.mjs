// The page as a browser loads it: one script and one style sheet, bundled from browser/. An image is given them ready made.
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = join(import.meta.dirname, 'browser');

/** Bundles script and style; `{ script, style, inputs }`: two texts, and the paths of the files that are in them. */
export async function buildBrowserPart() {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'main.tsx'), join(folder, 'page.css')],
    outdir: folder,
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending)).text;
  return { script: textOf('.js'), style: textOf('.css'), inputs: Object.keys(metafile.inputs) };
}
