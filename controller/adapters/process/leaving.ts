// Deleting run directories, whatever train.py left in them.
import { execFile } from 'node:child_process';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { codeOf } from '../../std/errno.ts';
import { killRun } from './kill.ts';
import { claimant } from './observe.ts';
import { PREPARING } from './rundir.ts';

const LEAVING = '.gone-';
/** What a controller that died left half prepared; a living one needs milliseconds. */
const STALE_MS = 3_600_000;

const run = promisify(execFile);

/** Kills what lives in the run directory and deletes it. Nothing there is fine. Throws where something will not go. */
export async function deleteRun(dir: string, graceMs: number): Promise<void> {
  const claim = await claimant(dir);
  await killRun(dir, claim, graceMs);
  // Out of sight first, so that a supervisor on its way finds nothing to begin, and no reader sees half of a run.
  const leaving = join(dirname(dir), `${LEAVING}${basename(dir)}-${process.pid}`);
  try {
    await rename(dir, leaving);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  // A run is claimed once. Where nobody had claimed it, somebody may have until now.
  if (claim === null) await killRun(leaving, await claimant(leaving), graceMs);
  await erase(leaving);
}

/** Deletes what earlier controllers were about to delete, or had begun to prepare, when they ended. */
export async function sweep(runs: string): Promise<void> {
  for (const entry of await readdir(runs).catch(() => [])) {
    const path = join(runs, entry);
    const seen = await stat(path).catch(() => null);
    const stale = seen !== null && Date.now() - seen.mtimeMs > STALE_MS;
    if (entry.startsWith(LEAVING) || (entry.startsWith(PREPARING) && stale)) await erase(path);
  }
}

/** The hard way copes with folders that may not be read, and with trees deeper than a path may be long. */
async function erase(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await run('chmod', ['-R', 'u+rwX', path]).catch(() => {}); // what it could not change, rm will name
    await run('rm', ['-rf', '--', path]);
  }
}
