// Where the files of this release lie, and its version.
import { existsSync, readFileSync } from 'node:fs';
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
  hide: join(ROOT, 'harness', 'hide.py'),
};

/** Whether this is a clone of the repository, and not what an image holds of it. */
export const cloned = existsSync(join(ROOT, 'package-lock.json'));

/** Of this checkout, or of the image that it became. */
export function version(): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
}
