// node fleet-lane.ts CONFIG CONTEXT NAMESPACE: `autoresearch up`; each line on its stdin is answered by one on fd 3 that says
// what it has used and asked for since the last one.
import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { up } from '../../../controller/cli/up.ts';
import { Requests } from '../requests.ts';
import { type Used, used, usedBetween } from '../used.ts';

/** What a controller says of a stretch of its life. */
export interface Said {
  readonly used: Used;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Requests by what they are, such as `POST jobs`, and by the status of those that were refused. */
  readonly asked: Readonly<Record<string, number>>;
}

const [config, context, namespace] = process.argv.slice(2);
const requests = new Requests();
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
let before = used();
createInterface({ input: process.stdin }).on('line', () => {
  const now = used();
  const asked: Record<string, number> = {};
  for (const { what, status } of requests.asked.splice(0)) {
    const refused = status === null || status >= 400 ? ` (${status ?? 'no answer'})` : '';
    asked[what + refused] = (asked[what + refused] ?? 0) + 1;
  }
  const said: Said = {
    used: usedBetween(before, now),
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
    asked,
  };
  before = now;
  delay.reset();
  writeSync(3, `${JSON.stringify(said)}\n`);
});
await up({ config: config!, context: context!, namespace: namespace!, dryRun: false });
process.exit(0);
