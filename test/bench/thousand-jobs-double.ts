// The API double as a process of its own, in the machine's time; prints its address and lives until its stdin ends.
// Each run takes between half of RUN_SECONDS and one and a half, the baseline a second.
import { Cluster } from '../double/cluster.ts';
import { run } from '../double/script.ts';
import { VirtualTime } from '../double/time.ts';
import { RUN_SECONDS } from './thousand-jobs-shape.ts';

const STEP_MS = 20;

const cluster = await Cluster.start(
  (given) => {
    const n = Number(given.experiment);
    const seconds = n === 0 ? 1 : RUN_SECONDS * (0.5 + ((n * 7919) % 1000) / 1000);
    return run(given, seconds, 'step\n'.repeat(500), { val_bpb: n === 0 ? 2 : 2 + (n % 97) / 1000 });
  },
  { n1: { allocatable: { cpu: '5000', memory: '20Ti', 'ephemeral-storage': '20Ti', pods: '5000' } } },
  // The lane goes by the machine's clock: it shall not take a Pod for one that waits.
  new VirtualTime(Date.now()),
);
process.stdout.write(`${cluster.url}\n`);
let before = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  void cluster.time.advance(now - before);
  before = now;
}, STEP_MS);
process.stdin.resume().on('end', () => {
  clearInterval(timer);
  void cluster.close().then(() => process.exit(0));
});
