// node cluster-cpu-lane.ts CONFIG CONTEXT NAMESPACE FILE FROM TO: `autoresearch up`, with nothing watching it but for
// the CPU time that it had used when its Jobs number FROM and TO were asked for, in FILE.
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { up } from '../../controller/cli/up.ts';

/** CPU milliseconds of all experiments from FROM to TO. */
export interface Used {
  readonly cpuMs: number;
  /** Of the processes that it started and that have ended, such as git's; in steps of 10 ms. */
  readonly childrenMs: number;
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
};
await writeFile(file!, JSON.stringify(between));

function used(): Used {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return { cpuMs: (user + system) / 1000, childrenMs: 10 * (Number(fields[13]) + Number(fields[14])) };
}
