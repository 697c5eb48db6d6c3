// How far a run on this machine is, by the last line that its train.py printed: a budget of CPU seconds has no other clock here.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
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
  const said = tailOf(liveLog(paths.runs, lane, experiment, attempt));
  const shares = [...said.matchAll(/\((\d{1,3}(?:\.\d+)?)%\)/g)];
  const last = shares.at(-1)?.[1];
  return last === undefined ? null : Math.min(1, Number(last) / 100);
}

function tailOf(path: string): string {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    const from = Math.max(0, fstatSync(file).size - TAIL_BYTES);
    const bytes = Buffer.alloc(TAIL_BYTES);
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, TAIL_BYTES, from));
  } catch {
    return ''; // not there yet, or put away already
  } finally {
    if (file !== null) closeSync(file);
  }
}
