// The sources that a clone's command is bundled from, and where their bundle lies: another one for other sources.
import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './missing.mjs';

/** What folders of a bundle begin with; two below the root, as the sources are, they find what lies beside those. */
export const BUNDLE = 'bundle-of-';

/** The program in the bundle of these sources as they are now, whether it was made or not. */
export function bundleHere() {
  const sum = createHash('sha256');
  const files = readdirSync(join(root, 'controller'), { recursive: true }).filter((name) =>
    /\.(tsx?|mjs|css)$/.test(name),
  );
  for (const name of ['../package-lock.json', '../images/controller/bundle.mjs', ...files.sort()]) {
    const { mtimeMs, size } = statSync(join(root, 'controller', name));
    sum.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return join(root, '.tools', `${BUNDLE}${sum.digest('hex').slice(0, 16)}`, 'start.js');
}
