// The command itself, where npx looks for it: npm links the commands of a project's packages, not the project's own.
import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './missing.mjs';

const link = join(root, 'node_modules', '.bin', 'autoresearch');
const target = '../../controller/autoresearch.mjs';

/** `npx autoresearch`, and `autoresearch` in npm scripts. */
export function command() {
  if (linked() === target) return null;
  return {
    what: null,
    bring: () => {
      mkdirSync(join(link, '..'), { recursive: true });
      rmSync(link, { force: true });
      symlinkSync(target, link);
    },
  };
}

function linked() {
  try {
    return lstatSync(link).isSymbolicLink() ? readlinkSync(link) : null;
  } catch {
    return null; // not there yet
  }
}
