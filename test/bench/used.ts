// What this process has used of the CPU and of memory.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Used {
  /** CPU milliseconds of all threads. */
  readonly cpuMs: number;
  /** Of the processes that it started and that have ended, such as git's; in steps of 10 ms. */
  readonly childrenMs: number;
  /** Of cpuMs, that of the thread that JavaScript runs on, and of V8's own. */
  readonly mainMs: number;
  readonly v8Ms: number;
  readonly residentMb: number;
}

/** Until now. */
export function used(): Used {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return {
    cpuMs: (user + system) / 1000,
    childrenMs: 10 * (Number(fields[13]) + Number(fields[14])),
    mainMs: threadsMs('MainThread'),
    v8Ms: threadsMs('V8Worker'),
    residentMb: process.memoryUsage.rss() / 2 ** 20,
  };
}

/** From one moment to another; resident is that of the latter. */
export function usedBetween(first: Used, last: Used): Used {
  return {
    cpuMs: last.cpuMs - first.cpuMs,
    childrenMs: last.childrenMs - first.childrenMs,
    mainMs: last.mainMs - first.mainMs,
    v8Ms: last.v8Ms - first.v8Ms,
    residentMb: last.residentMb,
  };
}

/** CPU milliseconds of our threads of this name, as Node 24 gives them. */
function threadsMs(name: string): number {
  const tasks = readdirSync('/proc/self/task').map((id) => join('/proc/self/task', id));
  const named = tasks.filter((task) => readFileSync(join(task, 'comm'), 'latin1').trim() === name);
  if (named.length === 0) throw new Error(`no thread is called ${name}: this Node names them otherwise`);
  const ns = named.map((task) => Number(readFileSync(join(task, 'schedstat'), 'latin1').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}
