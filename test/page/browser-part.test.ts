// What a browser loads stays small, and brings no library that the server alone needs.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildBrowserPart } from '../../controller/page/browser-part.mjs';

/** A little above what it was when this was written, 43.2 KB and 2.5 KB. */
const SCRIPT_BYTES = 46_000;
const STYLE_BYTES = 3_000;

test('script and style are small as they are sent', async () => {
  const { script, style } = await buildBrowserPart();
  expect(gzipSync(script).length).toBeLessThan(SCRIPT_BYTES);
  expect(gzipSync(style).length).toBeLessThan(STYLE_BYTES);
});

test('the script is made of our files, preact and d3, so that no library of schemas is loaded', async () => {
  const { inputs } = await buildBrowserPart();
  const packages = inputs.flatMap((path) => path.split('node_modules/')[1]?.split('/')[0] ?? []);
  expect([...new Set(packages)].filter((name) => !/^(preact|d3-[a-z-]+)$/.test(name))).toEqual([]);
  expect(packages).toContain('preact');
});
