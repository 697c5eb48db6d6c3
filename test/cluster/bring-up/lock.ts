// One set-up at a time: two would build the same things twice, into the same files, or create the same cluster.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDir } from './cache.ts';
import { say } from './progress.ts';

const held = 'AUTORESEARCH_CLUSTER_LOCK_HELD';

/** Who holds it may change the cluster's machines. */
export const setUpLock = join(cacheDir, 'lock');

/**
 * Runs this process's script again under the machine's lock and exits as it does; returns at once in that second run.
 * The kernel frees the lock with its holder, however that ends.
 */
export async function lockOrExit(): Promise<void> {
  if (process.env[held] || process.platform !== 'linux') return;
  await mkdir(cacheDir, { recursive: true });
  const command = [setUpLock, process.execPath, ...process.argv.slice(1)];
  const options = { stdio: 'inherit', env: { [held]: '1' }, reject: false } as const;
  const taken = 75;
  let { exitCode } = await execa(
    'flock',
    ['--nonblock', '--conflict-exit-code', `${taken}`, ...command],
    options,
  );
  if (exitCode === taken) {
    say('waiting for another set-up to end …');
    ({ exitCode } = await execa('flock', command, options));
  }
  process.exit(exitCode ?? 1);
}
