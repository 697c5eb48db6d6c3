// Where the files of this release lie, and its version.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');

/** Files of the checkout that a run needs. */
export const checkout = {
  root: ROOT,
  program: join(ROOT, 'program.md'),
  supervise: join(ROOT, 'harness', 'supervise.py'),
  cpu: join(ROOT, 'harness', 'cpu'),
  gpu: join(ROOT, 'harness', 'gpu'),
  python: join(ROOT, 'harness', 'cpu', '.venv', 'bin', 'python'),
  preflight: join(ROOT, 'harness', 'preflight.py'),
};

/** Whether this is the bundle of an image, and not a clone of the repository. */
export const bundled = import.meta.filename.endsWith('.js');

/** Of this checkout, or of the image that it became. */
export function version(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}
