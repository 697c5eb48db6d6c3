// node cluster-lane.ts CONFIG CONTEXT NAMESPACE FILE: `autoresearch up`, with notes on when what was asked in FILE.
import { writeFile } from 'node:fs/promises';
import { up } from '../../controller/cli/up.ts';
import { Requests } from './requests.ts';

/** What the bench is told of a lane: moments in milliseconds, in order. */
export interface Notes {
  /** A Job was asked for. */
  readonly launches: readonly {
    readonly atMs: number;
    readonly answeredMs: number;
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
let rest = '';

const requests = new Requests((text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop()!;
  for (const line of lines) {
    const job = /"batch\.kubernetes\.io\/job-name":"([^"]+)"/.exec(line)?.[1];
    if (!job) continue;
    const note = (seen: Map<string, number>) => seen.has(job) || seen.set(job, performance.now());
    if (/"terminated":\{/.test(line)) note(stops);
    if (/"phase":"(?:Succeeded|Failed)"/.test(line)) note(ends);
  }
});
await up({ config: config!, context: context!, namespace: namespace!, dryRun: false });
const launches = requests.asked
  .filter(({ what }) => what === 'POST jobs')
  .map(({ atMs, answeredMs }) => ({ atMs, answeredMs: answeredMs! }));
const notes: Notes = {
  launches,
  stops: [...stops.values()],
  ends: [...ends.values()],
  asked: requests.asked,
};
await writeFile(file!, JSON.stringify(notes));
