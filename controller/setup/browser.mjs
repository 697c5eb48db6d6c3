// The browser that the page is tested in: Debian's own, where this is Debian and we may install.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ownEnv } from './missing.mjs';

const CHROMIUM = '/usr/bin/chromium';

/** Tests skip themselves where it is missing, so that it cannot be installed stops nothing. */
export function browser() {
  if (existsSync(CHROMIUM) || process.getuid?.() !== 0 || !isDebian()) return null;
  return {
    what: "Debian's Chromium, for the tests of the page",
    bring: () => {
      apt('update');
      const { status } = apt('install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core');
      if (status !== 0)
        process.stderr.write(
          'it could not be installed, its tests are skipped; try apt-get install chromium … ',
        );
    },
  };
}

function apt(...args) {
  const env = { ...ownEnv(), DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: 'ignore' });
}

function isDebian() {
  try {
    return /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false; // another system
  }
}
