// Pictures as PNG, for where nobody shows SVG. Words are drawn with a font of ours: a container has none.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { inDark } from './picture/dark.ts';
import { cardSvg, type Picture, progressSvg } from './picture/progress.ts';
import { RASTER_FILES } from './raster-files.mjs';

const FAMILY = 'DejaVu Sans';

/** PNG of one of our SVG documents, `width` pixels wide. Loading takes some 100 ms, once. */
export async function rasterise(svg: string, width: number): Promise<Uint8Array> {
  fonts ??= load();
  const font = {
    fontBuffers: await fonts,
    loadSystemFonts: false,
    defaultFontFamily: FAMILY,
    sansSerifFamily: FAMILY,
  };
  const resvg = new Resvg(svg, { font, fitTo: { mode: 'width', value: width } });
  try {
    return resvg.render().asPng();
  } finally {
    resvg.free();
  }
}

/** All pictures of a lane by the names of their files: for a page, for a post, and both on a dark ground. */
export async function pictureFiles(picture: Picture): Promise<[name: string, bytes: string | Uint8Array][]> {
  const [wide, card] = [progressSvg(picture), cardSvg(picture)];
  return [
    ['progress.svg', wide],
    ['progress-dark.svg', inDark(wide)],
    ['progress.png', await rasterise(wide, 1280)],
    ['card.png', await rasterise(card, 1200)],
    ['card-dark.png', await rasterise(inDark(card), 1200)],
  ];
}

let fonts: Promise<Uint8Array[]> | null = null;

async function load(): Promise<Uint8Array[]> {
  await initWasm(await read('raster.wasm'));
  return Promise.all([read('font-400.woff2'), read('font-700.woff2')]);
}

function read(name: keyof typeof RASTER_FILES): Promise<Uint8Array<ArrayBuffer>> {
  return readFile(packaged(RASTER_FILES[name]) ?? join(import.meta.dirname, name));
}

/** Null in an image, which has no packages. */
function packaged(file: string): string | null {
  try {
    return fileURLToPath(import.meta.resolve(file));
  } catch {
    return null;
  }
}
