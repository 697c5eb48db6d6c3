// node cluster-cpu-lane.ts CONFIG CONTEXT NAMESPACE FILE FROM TO: `autoresearch up`, with nothing watching it but for
// what it had used when its Jobs number FROM and TO were asked for, in FILE.
import { subscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { up } from '../../controller/cli/up.ts';

/** CPU milliseconds of all experiments from FROM to TO. */
export interface Used {
  readonly cpuMs: number;
  /** Of the processes that it started and that have ended, such as git's; in steps of 10 ms. */
  readonly childrenMs: number;
  /** Of cpuMs, that of the thread that JavaScript runs on, and of V8's own. */
  readonly mainMs: number;
  readonly v8Ms: number;
  /** When Job number TO was asked for. */
  readonly residentMb: number;
}

const [config, context, namespace, file, from, to] = process.argv.slice(2);
const at: Used[] = [];
let jobs = 0;
subscribe('undici:request:create', (message) => {
  const { method, path } = (message as { request: { method: string; path: string } }).request;
  if (method !== 'POST' || !path.endsWith('/jobs')) return;
  if (jobs === Number(from) || jobs === Number(to)) at.push(used());
  jobs++;
});
await up({ config: config!, context: context!, namespace: namespace!, dryRun: false });
const [first, last] = at;
const between: Used = {
  cpuMs: last!.cpuMs - first!.cpuMs,
  childrenMs: last!.childrenMs - first!.childrenMs,
  mainMs: last!.mainMs - first!.mainMs,
  v8Ms: last!.v8Ms - first!.v8Ms,
  residentMb: last!.residentMb,
};
await writeFile(file!, JSON.stringify(between));

function used(): Used {
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

/** CPU milliseconds of our threads of this name, as Node 24 gives them. */
function threadsMs(name: string): number {
  const tasks = readdirSync('/proc/self/task').map((id) => join('/proc/self/task', id));
  const named = tasks.filter((task) => readFileSync(join(task, 'comm'), 'latin1').trim() === name);
  if (named.length === 0) throw new Error(`no thread is called ${name}: this Node names them otherwise`);
  const ns = named.map((task) => Number(readFileSync(join(task, 'schedstat'), 'latin1').split(' ')[0]));
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}
