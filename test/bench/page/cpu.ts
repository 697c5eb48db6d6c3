// The CPU time of a process that goes on.
import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of all of its threads. A thread that ends takes its share along; those that work here stay. */
export function cpuMsOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const ns = readdirSync(tasks).map((id) =>
    Number(readFileSync(`${tasks}/${id}/schedstat`, 'latin1').split(' ')[0]),
  );
  return ns.reduce((sum, one) => sum + one, 0) / 1e6;
}
