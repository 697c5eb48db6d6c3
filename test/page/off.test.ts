// Whoever does not ask for the page loads nothing of it.
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { bundle } from '../../images/controller/bundle.mjs';
import { sources } from '../cli/command.ts';

let outputs: Metafile['outputs'];
beforeAll(async () => {
  const built = await bundle(sources, join(import.meta.dirname, 'bundle'), { metafile: true, write: false });
  ({ outputs } = built.metafile);
});

/** The sources of all that is read when this one is loaded, and nothing else is called. */
function loadedBy(entry: string): string[] {
  const found = Object.keys(outputs).find((path) => outputs[path]!.entryPoint === entry);
  const files = new Set([found!]);
  for (const file of files)
    for (const { path, kind, external } of outputs[file]!.imports)
      if (kind === 'import-statement' && !external) files.add(path);
  return [...files].flatMap((file) => Object.keys(outputs[file]!.inputs));
}

const ofPage = (paths: string[]) =>
  paths.filter((path) => /controller\/page\/|\/hono\/|\/preact\//.test(path));

test.each(['main', 'cli/dev', 'cli/up', 'cli/read/status', 'cli/read/list'])(
  'controller/%s.ts loads nothing of it',
  (name) => {
    const loaded = loadedBy(`controller/${name}.ts`);
    expect(loaded.length).toBeGreaterThan(5);
    expect(ofPage(loaded)).toEqual([]);
  },
);

test('the command does', () => {
  expect(ofPage(loadedBy('controller/cli/read/page.ts'))).toContain('controller/page/server.ts');
});
