// The repository as its rules look at it: every file's path, and the text of those that are code.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const FOLDERS = ['charts', 'controller', 'docs', 'harness', 'images', 'manifests', 'test'];
/** What tools leave behind, and git does not keep. */
const MADE = /(^|\/)(\.[^/]+|node_modules|__pycache__)\//;

export function pathsOf(folders: readonly string[] = FOLDERS): string[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !MADE.test(path));
}

/** By path. What a fixture holds is data, whatever it is called. */
export function sources(): Map<string, string> {
  const paths = pathsOf().filter(
    (path) => /\.(m?tsx?|mjs|py)$/.test(path) && !path.startsWith('test/fixtures/'),
  );
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** Those of the files that lie in this folder. */
export function within(folder: string, files: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...files].filter(([path]) => path.startsWith(folder)));
}
