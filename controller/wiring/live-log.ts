// How far a run on this machine is, by the last line that its train.py printed: a budget of CPU seconds has no other clock here.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { liveLog } from '../adapters/process/rundir.ts';
import type { LanePaths } from './paths.ts';

const TAIL_BYTES = 512;

/** 0 to 1; null where it has printed nothing of the kind. It is train.py's own word, and only shown. */
export function budgetUsed(
  paths: LanePaths,
  lane: string,
  experiment: string,
  attempt: number,
): number | null {
  const said = tailOf(liveLog(paths.runs, lane, experiment, attempt), TAIL_BYTES).toString('latin1');
  const shares = [...said.matchAll(/\((\d{1,3}(?:\.\d+)?)%\)/g)];
  const last = shares.at(-1)?.[1];
  return last === undefined ? null : Math.min(1, Number(last) / 100);
}

/**
 * The last bytes of a file; none where it cannot be read. What a run put there is no link and no pipe to us, and what lies in
 * memory is not worth another thread.
 */
export function tailOf(path: string, most: number): Buffer {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const from = Math.max(0, fstatSync(file).size - most);
    const bytes = Buffer.alloc(most);
    return bytes.subarray(0, readSync(file, bytes, 0, most, from));
  } catch {
    return Buffer.alloc(0); // not there yet, or put away already
  } finally {
    if (file !== null) closeSync(file);
  }
}
