// One controller per folder. The writer ref is what fences; this only says so at once instead of working in vain.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { alive, processOf } from '../adapters/process/liveness.ts';
import { Failure } from '../failure.ts';

/** Takes the lock or throws Failure 3 naming who holds it. The lock of a dead controller is taken over. */
export async function lock(file: string): Promise<() => Promise<void>> {
  await mkdir(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, startTime: (await processOf(process.pid))?.startTime });
  for (let tries = 0; tries < 3; tries++) {
    try {
      await writeFile(file, mine, { flag: 'wx' });
      return () => release(file, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await lockOwner(file);
    if (holder && (await alive(holder.pid, holder.startTime))) {
      const what = `another controller (process ${holder.pid}) works in ${dirname(file)}`;
      throw new Failure(3, `${what}; stop it first, or choose another folder with --dir`);
    }
    await rm(file, { force: true });
  }
  throw new Failure(3, `${file} is taken and released over and over; see who starts controllers here`);
}

/** Whether a live controller holds the lock. */
export async function isLocked(file: string): Promise<boolean> {
  const holder = await lockOwner(file);
  return holder !== null && alive(holder.pid, holder.startTime);
}

/** Who holds the lock, dead or alive; null where nobody does. */
async function lockOwner(file: string): Promise<{ pid: number; startTime: string } | null> {
  return parse(await readFile(file, 'utf8').catch(() => ''));
}

async function release(file: string, mine: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
}

function parse(content: string): { pid: number; startTime: string } | null {
  try {
    const { pid, startTime } = JSON.parse(content);
    return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : null;
  } catch {
    return null; // torn by a crash: nobody alive wrote it
  }
}
