// One point of the sweep: a controller ended around its k-th external call, another one that finishes, and what remains.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { inWords, never } from '../sim/tap.ts';
import { type Remains, remainsOf } from './remains.ts';
import { begin, isExternal } from './scenario.ts';

const CHILD = join(import.meta.dirname, 'child.ts');

/** Runs `work` in a folder of its own. */
export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'sweep-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A controller that nobody disturbs; how many external calls it made. */
export async function finish(dir: string): Promise<number> {
  let calls = 0;
  const { stopped, close } = begin(dir, (call, effect) => {
    if (isExternal(call)) calls++;
    return effect();
  });
  const { reason, sentence } = await stopped;
  close();
  if (reason !== 'limit') throw new Error(`it stopped otherwise than by its limit: ${reason}: ${sentence}`);
  return calls;
}

export interface Point {
  /** The call around which it ended, in words; null where the controller was done before it made so many. */
  readonly call: string | null;
  readonly remains: Remains;
}

/** Ended by dropping everything in memory: the call takes effect (`after`) or not (`before`), and is never answered. */
export function dropped(k: number, when: 'before' | 'after'): Promise<Point> {
  return inFolder(async (dir) => {
    let calls = 0;
    let reached = (_: string) => {};
    const point = new Promise<string>((resolve) => {
      reached = resolve;
    });
    const { stopped, close } = begin(dir, async (call, effect) => {
      if (!isExternal(call) || ++calls !== k) return effect();
      if (when === 'after') await effect();
      reached(inWords(call));
      return never();
    });
    const call = await Promise.race([point, stopped.then(() => null)]);
    close();
    if (call !== null) await finish(dir);
    return { call, remains: await remainsOf(dir) };
  });
}

/** Ended by SIGKILL, from itself. */
export function killed(k: number, when: 'before' | 'after'): Promise<Point> {
  return inFolder(async (dir) => {
    const child = await execa(process.execPath, [CHILD, dir, String(k), when], { reject: false });
    if (child.signal !== 'SIGKILL' && child.exitCode !== 0) throw new Error(child.stderr);
    if (child.signal === 'SIGKILL') await finish(dir);
    return { call: child.signal === 'SIGKILL' ? `call ${k}` : null, remains: await remainsOf(dir) };
  });
}

/** `work` on each item, `width` at a time, in order of the items. */
export async function each<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
