// Commands that a bare Debian machine lacks, from its own packages.
import { execa } from 'execa';
import { step } from './progress.ts';

/** Why no cluster can be had here, and what would help. */
export class Unavailable extends Error {}

/** Installs the packages of those commands that are not on PATH. Throws `Unavailable` where that cannot be done. */
export async function needCommands(packageOf: Readonly<Record<string, string>>): Promise<void> {
  const missing: string[] = [];
  for (const [command, name] of Object.entries(packageOf)) if (!(await onPath(command))) missing.push(name);
  if (missing.length === 0) return;
  const names = missing.join(', ');
  if (!(await onPath('apt-get')))
    throw new Unavailable(
      `${names} is missing here and this is not Debian: install it, or name a cluster in KUBECONTEXT`,
    );
  if (process.getuid?.() !== 0)
    throw new Unavailable(
      `${names} is missing, and installing it takes root: run this as root, or name a cluster in KUBECONTEXT`,
    );
  await step(`installing ${names}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const quiet = ['-qq', '-o', 'DPkg::Lock::Timeout=120'];
    await execa('apt-get', ['update', ...quiet], { env, reject: false }); // one dead source among many must not stop us
    await execa('apt-get', ['install', '-y', '--no-install-recommends', ...quiet, ...missing], { env });
  });
}

async function onPath(command: string): Promise<boolean> {
  return !(await execa('which', [command], { reject: false })).failed;
}
