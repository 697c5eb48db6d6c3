// What is loaded by a browser: the page's script, its style and the document that names them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Assets {
  readonly script: string;
  readonly style: string;
}

/** Once per process: bundles them in a clone, where the bundler is; in an image they lie beside the program. What failed is tried again. */
export function readAssets(): Promise<Assets> {
  assets ??= made().catch((error) => {
    assets = null;
    throw error;
  });
  return assets;
}

let assets: Promise<Assets> | null = null;

async function made(): Promise<Assets> {
  if (import.meta.filename.endsWith('.ts')) return (await import('./browser-part.mjs')).buildBrowserPart();
  const read = (name: string) => readFile(join(import.meta.dirname, name), 'utf8');
  return { script: await read('page-script.js'), style: await read('page-style.css') };
}

/** How every document of ours begins. */
export const HEAD = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>autoresearch</title>`;

const NO_SCRIPT =
  '<noscript>This page needs JavaScript. Without it, read progress.svg and results.tsv.</noscript>';

export const DOCUMENT = `${HEAD}
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<div id="app">${NO_SCRIPT}</div>
<script src="/page.js"></script>
`;
