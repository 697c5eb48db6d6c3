// One point of the sweep: a controller ended around its k-th external call, another one that finishes, and what remains.
//
// The script is swept leg by leg, a leg being one experiment: all that the next one depends on is in the folder, so
// what remains after a leg must be what remains of it undisturbed. A point then costs a leg and not the whole script.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import type { Stop } from '../../controller/loop/context.ts';
import { inWords, never } from '../sim/tap.ts';
import type { Remains } from './remains.ts';
import { begin, remainsIn } from './scenario.ts';
import { type ScriptName, scripts } from './script.ts';

const CHILD = join(import.meta.dirname, 'child.ts');
/** Its exit code where it was done before the call, as in child.ts. */
const DONE = 77;

export interface Leg {
  readonly script: ScriptName;
  readonly experiment: number;
  /** A copy of the folder as it is before. */
  readonly from: string;
  /** The external calls that an undisturbed controller makes, in words. */
  readonly calls: readonly string[];
  readonly remains: Remains;
}

/** Which call, by its number from 1, and on which side of its effect. */
interface Point {
  readonly leg: Leg;
  readonly k: number;
  readonly when: 'before' | 'after';
}

/** Runs `work` in a folder of its own. */
export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'sweep-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A controller that nobody disturbs, until after experiment `last`; the external calls that it made. */
export async function finish(dir: string, script: ScriptName, last: number): Promise<string[]> {
  const calls: string[] = [];
  const { stopped, close } = begin(dir, scripts[script], last, (call, effect) => {
    calls.push(inWords(call));
    return effect();
  });
  const { reason, sentence } = await stopped;
  close();
  if (reason !== 'limit') throw new Error(`it stopped otherwise than by its limit: ${reason}: ${sentence}`);
  return calls;
}

/** All legs of a script, undisturbed; their folders lie in `dir`. */
export async function legsIn(dir: string, script: ScriptName): Promise<Leg[]> {
  const legs: Leg[] = [];
  const work = join(dir, 'work');
  for (let experiment = 0; experiment <= scripts[script].experiments; experiment++) {
    const from = join(dir, `from-${experiment}`);
    await cp(work, from, { recursive: true }).catch(() => 'there is nothing before the baseline');
    const calls = await finish(work, script, experiment);
    legs.push({ script, experiment, from, calls, remains: await remainsIn(work) });
  }
  return legs;
}

export function pointsOf(legs: readonly Leg[]): Point[] {
  return legs.flatMap((leg) =>
    leg.calls.flatMap((_, i) => (['before', 'after'] as const).map((when) => ({ leg, k: i + 1, when }))),
  );
}

function named({ leg, k, when }: Point): string {
  return `${when} call ${k} of experiment ${leg.experiment} of ${leg.script}, ${leg.calls[k - 1]}`;
}

interface Struck {
  readonly remains: Remains;
  /** It came to the call. A slow machine looks around more often, so that one that is faster now may be done before. */
  readonly met: boolean;
}

/** Ended by dropping everything in memory: the call takes effect (`after`) or not (`before`), and is never answered. */
export function dropped({ leg, k, when }: Point): Promise<Struck> {
  return at(leg, async (dir) => {
    let calls = 0;
    let reached = () => {};
    const point = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const { stopped, close } = begin(dir, scripts[leg.script], leg.experiment, async (_, effect) => {
      if (calls >= k) return never(); // a proposer is asked beside the loop, which would go on without its answer
      if (++calls !== k) return effect();
      if (when === 'after') await effect();
      reached();
      return never();
    });
    const met = await Promise.race([point.then(() => true), stopped.then(isDone)]);
    close();
    return met;
  });
}

/** False, for it was not met; throws where the controller stopped otherwise than by its limit. */
function isDone({ reason, sentence }: Stop): false {
  if (reason !== 'limit') throw new Error(`it stopped (${reason}): ${sentence}`);
  return false;
}

/** Ended by SIGKILL, from itself. */
export function killed({ leg, k, when }: Point): Promise<Struck> {
  return at(leg, async (dir) => {
    const given = [CHILD, dir, leg.script, String(leg.experiment), String(k), when];
    const child = await execa(process.execPath, given, { reject: false });
    if (child.exitCode !== DONE && child.signal !== 'SIGKILL')
      throw new Error(`it was not killed: ${child.stderr}`);
    return child.signal === 'SIGKILL';
  });
}

/** What remains when `end` has ended a controller on a copy of the leg's folder and another one has finished. */
function at(leg: Leg, end: (dir: string) => Promise<boolean>): Promise<Struck> {
  return inFolder(async (parent) => {
    const dir = join(parent, 'lane');
    await cp(leg.from, dir, { recursive: true }).catch(() => 'there is nothing before the baseline');
    const met = await end(dir);
    await finish(dir, leg.script, leg.experiment);
    return { remains: await remainsIn(dir), met };
  });
}

/** Every point, `width` at a time, must leave what an undisturbed controller leaves; how many were met. */
export async function sweep(
  points: readonly Point[],
  width: number,
  end: (point: Point) => Promise<Struck>,
): Promise<number> {
  let all = 0;
  await each(points, width, async (point) => {
    const { remains, met } = await end(point);
    expect(remains, `${end.name} ${named(point)}`).toEqual(point.leg.remains);
    if (met) all++;
  });
  return all;
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
