// node images/controller/clone.mjs     bundles the command of this clone into .tools, where its launcher looks for it.
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { root } from '../../controller/setup/missing.mjs';
import { BUNDLE, bundleHere } from '../../controller/setup/sources.mjs';
import { bundleCommand } from './command.mjs';

/** A command that runs for days loads parts of its bundle late, so the last ones stay. */
const KEPT = 3;

/**
 * What is begun: Node keeps what it compiled beside the bundle, and takes it back where the text and Node are the same.
 * In the file that imports everything it could not be said before all of that is compiled.
 */
const START = `import { enableCompileCache } from 'node:module';
enableCompileCache(import.meta.dirname + '/compiled');
await import('./main.js');
`;

const place = join(root, '.tools');
const folder = dirname(bundleHere());
await mkdir(place, { recursive: true });
const made = await mkdtemp(join(place, 'bundling-'));
try {
  await bundleCommand(made);
  await writeFile(join(made, basename(bundleHere())), START);
  // Two may make it at once: the first one counts.
  await rename(made, folder).catch((error) => {
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
  });
} finally {
  await rm(made, { recursive: true, force: true });
}

const names = (await readdir(place)).filter((name) => name.startsWith(BUNDLE));
const aged = await Promise.all(names.map(async (name) => ({ name, made: (await stat(join(place, name))).mtimeMs })));
aged.sort((one, other) => other.made - one.made);
for (const { name } of aged.slice(KEPT)) await rm(join(place, name), { recursive: true, force: true });
