// node test/cluster/up.ts     brings up a cluster for the tests and prints the name of its kubeconfig context.
//
// Exit codes: 0 it answers, 3 none can be had here (stderr says why and what would help), 1 something broke.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { bringUp } from './bring-up.ts';
import { cacheDir, toolsOnPath } from './cache.ts';
import { Unavailable } from './debian.ts';
import { say } from './progress.ts';

const held = 'AUTORESEARCH_CLUSTER_LOCK_HELD';

if (!process.env[held] && process.platform === 'linux') {
  // Two at once would build the same things twice, or the same cluster. The lock dies with its holder.
  await mkdir(cacheDir, { recursive: true });
  const self = [join(cacheDir, 'lock'), process.execPath, import.meta.filename];
  const options = { stdio: 'inherit', env: { [held]: '1' }, reject: false } as const;
  const taken = 75;
  let { exitCode } = await execa(
    'flock',
    ['--nonblock', '--conflict-exit-code', `${taken}`, ...self],
    options,
  );
  if (exitCode === taken) {
    say('waiting for another bring-up to end …');
    ({ exitCode } = await execa('flock', self, options));
  }
  process.exit(exitCode ?? 1);
}

try {
  const context = await bringUp();
  say(`the cluster answers; kubectl, kind, helm and versitygw are in ${toolsOnPath}`);
  console.log(context);
} catch (error) {
  if (!(error instanceof Unavailable)) throw error;
  console.error(`NO CLUSTER: ${error.message}.`);
  process.exitCode = 3;
}
