// node cluster-lane.ts CONFIG CONTEXT NAMESPACE FILE: `autoresearch up`, with notes on when what was asked in FILE.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { up } from '../../controller/cli/up.ts';
import { Requests } from './requests.ts';

/** What the bench is told of a lane: moments in milliseconds, in order. */
export interface Notes {
  /** A Job was asked for: when, and the CPU milliseconds that the process had used. */
  readonly launches: readonly {
    readonly atMs: number;
    readonly answeredMs: number;
    readonly cpuMs: number;
    /** The same of the processes that it started and that have ended, such as git's; in steps of 10 ms. */
    readonly childrenMs: number;
  }[];
  /** The first word that a Pod's container has ended, and that the Pod is terminal, arrived. */
  readonly stops: readonly number[];
  readonly ends: readonly number[];
  readonly asked: readonly {
    readonly what: string;
    readonly atMs: number;
    readonly answeredMs: number | null;
  }[];
}

const [config, context, namespace, file] = process.argv.slice(2);
const stops = new Map<string, number>();
const ends = new Map<string, number>();
const cpu = new Map<object, { cpuMs: number; childrenMs: number }>();
let rest = '';

const requests = new Requests(
  (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const job = /"batch\.kubernetes\.io\/job-name":"([^"]+)"/.exec(line)?.[1];
      if (!job) continue;
      const note = (seen: Map<string, number>) => seen.has(job) || seen.set(job, performance.now());
      if (/"terminated":\{/.test(line)) note(stops);
      if (/"phase":"(?:Succeeded|Failed)"/.test(line)) note(ends);
    }
  },
  (asked) => {
    if (asked.what !== 'POST jobs') return;
    const { user, system } = process.cpuUsage();
    cpu.set(asked, { cpuMs: (user + system) / 1000, childrenMs: childrenMs() });
  },
);
await up({ config: config!, context: context!, namespace: namespace!, dryRun: false });
const launches = requests.asked
  .filter((asked) => cpu.has(asked))
  .map((asked) => ({ atMs: asked.atMs, answeredMs: asked.answeredMs!, ...cpu.get(asked)! }));
const notes: Notes = {
  launches,
  stops: [...stops.values()],
  ends: [...ends.values()],
  asked: requests.asked,
};
await writeFile(file!, JSON.stringify(notes));

function childrenMs(): number {
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  return 10 * (Number(fields[13]) + Number(fields[14]));
}
