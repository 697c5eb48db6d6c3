// What this machine lacks, said so that a person knows what to do; and calls of other programs that end in such words.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSchemes } from './proxies.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const tools = join(root, '.tools');

/** Its message is one sentence (and what another program said) that ends with what to do. */
export class Missing extends Error {}

const FULL = `the disk is full; free some space, then run it again`;
const CLOSED = `this user may not write into ${root}; change its owner or clone it elsewhere, then run it again`;
const REMEDIES = [
  [/ENOSPC|No space left on device|os error 28/i, FULL],
  [/EDQUOT|Disk quota exceeded/i, FULL],
  [
    /EROFS|Read-only file system/i,
    `${root} is on a read-only file system; clone it elsewhere, then run it again`,
  ],
  [/EACCES|EPERM|Permission denied/i, CLOSED],
];

/** A sentence for a failed system call or for what a program said about one; null where it is none of them. */
export function remedy(error) {
  const said = typeof error === 'string' ? error : String(error?.code ?? '');
  return REMEDIES.find(([sign]) => sign.test(said))?.[1] ?? null;
}

/** Runs a program to its end. Throws Missing, beginning with `failure`, where it fails. */
export async function run(command, args, failure, env = {}) {
  const done = await endOf(
    spawn(command, args, { cwd: root, env: { ...ownEnv(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  if (done.status === 0) return;
  const said = [done.stderr, done.stdout, done.error].filter(Boolean).join('\n');
  const mend = remedy(said);
  if (mend) throw new Missing(`${failure}: ${mend}.`);
  const lines = said.split('\n').filter((line) => /\S/.test(line) && !/npm warn|complete log/i.test(line));
  const words = lines.slice(-8).map((line) => `\n  ${line}`);
  throw new Missing(
    `${failure}:${words.join('') || ` ${done.signal}`}\nCheck the network (or its proxy), then run it again.`,
  );
}

/** How a program ended and what it said; `error` where it could not be started. */
function endOf(child) {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ ...said, error: message }));
    child.once('close', (status, signal) => resolve({ ...said, status, signal }));
  });
}

/** Our environment without what would lead Python or uv elsewhere, and with a cache that can be written. */
export function ownEnv() {
  const env = withSchemes(process.env);
  for (const name of ['PYTHONHOME', 'PYTHONPATH', 'VIRTUAL_ENV', 'UV_PROJECT_ENVIRONMENT', 'UV_PROJECT'])
    delete env[name];
  try {
    accessSync(homedir(), constants.W_OK);
  } catch {
    env.npm_config_cache ??= join(tools, 'npm-cache');
    env.UV_CACHE_DIR ??= join(tools, 'uv-cache');
  }
  return env;
}
