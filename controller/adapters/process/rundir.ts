// The directory of one run: what the executor writes into it, under which name, and how it is read back.

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BudgetClock } from '../../core/experiment.ts';
import { type IntentFile, intentFile, parseIntentFile } from '../../intent.ts';
import type { Intent } from '../../ports.ts';
import { codeOf } from '../../std/errno.ts';

/** UUID of the GPU that a run has to itself; no such file where it has none. */
export const GPU_FILE = 'gpu';

/** Begins the name of a directory that is being prepared; renaming it away from here is the launch. */
export const PREPARING = '.new-';

export interface RunName {
  readonly lane: string;
  readonly experiment: string;
  readonly attempt: number;
}

/** `main`, `000042`, 1 → `main-000042-a1`. Throws on a lane that is no plain file name. */
export function runName({ lane, experiment, attempt }: RunName): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(lane))
    throw new Error(`lane ${JSON.stringify(lane)} cannot name a file`);
  return `${lane}-${experiment}-a${attempt}`;
}

/** The inverse of `runName`; null for any other name. */
export function parseRunName(name: string): RunName | null {
  const match = /^([A-Za-z0-9][A-Za-z0-9._-]*)-(\d{6,})-a([1-9]\d*)$/.exec(name);
  return match ? { lane: match[1]!, experiment: match[2]!, attempt: Number(match[3]) } : null;
}

/** Where the log of a run grows: path of a file that may not be there yet. */
export function liveLog(runs: string, lane: string, experiment: string, attempt: number): string {
  return join(runs, runName({ lane, experiment, attempt }), 'result', 'run.log');
}

/** What the directory was made for; null where there is none, 'damaged' where it cannot be read any more. */
export async function readIntent(dir: string): Promise<IntentFile | 'damaged' | null> {
  let text = await contentOf(dir);
  if (text === null) {
    if (!(await isThere(dir))) return null;
    // It may have been renamed into place between the two looks: then the file is there now.
    text = await contentOf(dir);
    if (text === null) return (await isThere(dir)) ? 'damaged' : null;
  }
  return parseIntentFile(text) ?? 'damaged'; // by a person's hand or a crash of the machine
}

async function contentOf(dir: string): Promise<string | null> {
  try {
    return await readFile(join(dir, 'intent.json'), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'EISDIR') return '';
    if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error;
    return null;
  }
}

/**
 * Makes the whole directory under another name and renames it into place: who sees it sees all of it.
 * `taken`: somebody else's was there first, nothing is left behind. Throws the file system's error.
 */
export async function prepareRun(
  runs: string,
  intent: Intent,
  clock: BudgetClock,
  gpu: string | null = null,
): Promise<'prepared' | 'taken'> {
  await makeFolder(runs);
  const draft = await mkdtemp(join(runs, PREPARING)); // 0700: the nonce is nobody else's to read
  try {
    const file = intentFile(intent, randomBytes(16).toString('hex'), clock);
    await mkdir(join(draft, 'work'), { mode: 0o700 });
    await mkdir(join(draft, 'result'), { mode: 0o700 });
    await writeFile(join(draft, 'work', 'train.py'), intent.trainPy);
    await writeFile(join(draft, 'intent.json'), `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
    if (gpu !== null) await writeFile(join(draft, GPU_FILE), `${gpu}\n`, { mode: 0o600 });
    // No fsync: after a crash of the machine nothing runs anyway, and a half-written intent shows as damaged.
    await rename(draft, join(runs, runName(intent)));
    return 'prepared';
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return 'taken';
    throw error;
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(path); // a recursive mkdir says ENOENT for a read-only file system; this one says EROFS
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
