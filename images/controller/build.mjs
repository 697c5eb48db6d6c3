// node images/controller/build.mjs FOLDER     the files of the controller's image, ready to be copied.
//
// The bundle lies two folders below the root, as the sources do: they find program.md and the harness from there.
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import { bundleCommand } from './command.mjs';

const root = resolve(import.meta.dirname, '..', '..');
const target = process.argv[2];
if (!target) {
  console.error('usage: node images/controller/build.mjs FOLDER');
  process.exit(2);
}

await bundleCommand(join(target, 'controller', 'bundle'), { sourcemap: 'linked', sourcesContent: false });

for (const name of ['package.json', 'program.md', 'harness/cpu', 'harness/gpu', 'harness/preflight.py', 'harness/reading', 'harness/hide.py', 'harness/seal/__init__.py', 'harness/seal/confine']) {
  await cp(join(root, name), join(target, name), { recursive: true, filter: (path) => !/\/(\.venv|\.text|__pycache__)$/.test(path) });
}
const command = join(target, 'autoresearch');
await mkdir(target, { recursive: true });
await writeFile(command, `#!/bin/sh\nexec node ${NODE_FLAGS.join(' ')} --enable-source-maps /opt/autoresearch/controller/bundle/main.js "$@"\n`);
await chmod(command, 0o755);
