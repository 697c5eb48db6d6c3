// One controller per folder. The writer ref is what fences; this only says so at once instead of working in vain.
import { hash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { alive, processOf } from '../adapters/process/liveness.ts';
import { Failure } from '../failure.ts';
import { codeOf, remedy } from '../std/errno.ts';

interface Holder {
  readonly pid: number;
  readonly startTime: string;
}

/** What a file system without hard links says of one. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Takes the lock or throws Failure 3 naming who holds it. The lock of a dead controller is taken over. */
export async function lock(file: string): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, startTime: processOf(process.pid)?.startTime });
  const holder = await take(file, mine);
  if (holder === null) return () => release(file, mine);
  const what = `another controller (process ${holder.pid}) works in ${dirname(file)}`;
  throw new Failure(3, `${what}; stop it first, or choose another folder with --dir`);
}

/** Whether a live controller holds the lock. */
export async function isLocked(file: string): Promise<boolean> {
  return livingIn(await contentOf(file).catch(() => null)) !== null;
}

/**
 * Null once it is ours, else whoever lives and has it. What a dead one left is removed by one process alone: by whoever
 * takes the right to that, which is a lock, too. Two that found it at once would each take away what the other has made.
 */
async function take(file: string, mine: string): Promise<Holder | null> {
  for (;;) {
    if (await place(file, mine)) return null;
    const left = await contentOf(file);
    if (left === null) continue;
    const right = `${file}.after-${hash('sha256', left).slice(0, 16)}`;
    const other = livingIn(left) ?? (await take(right, mine));
    if (other) return other;
    try {
      if ((await contentOf(file)) === left) await rm(file, { force: true });
    } finally {
      await rm(right, { force: true });
    }
  }
}

/** Puts it there with all that it says, so that nobody meets an empty one and thinks its owner dead; false where one is. */
async function place(file: string, mine: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, mine);
    await link(draft, file).catch((error) => {
      if (!NO_LINKS.includes(codeOf(error))) throw error;
      return writeFile(file, mine, { flag: 'wx' });
    });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Null where there is none. Throws Failure 3 where there is, and it cannot be read. */
async function contentOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new Failure(3, remedy(error, file) ?? `${file} cannot be read (${error}); move it away`);
  }
}

async function release(file: string, mine: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
}

/** Who lives and wrote this; null where nobody does. What was torn by a crash nobody alive wrote. */
function livingIn(content: string | null): Holder | null {
  try {
    const { pid, startTime } = JSON.parse(content ?? '');
    return typeof pid === 'number' && typeof startTime === 'string' && alive(pid, startTime)
      ? { pid, startTime }
      : null;
  } catch {
    return null;
  }
}
