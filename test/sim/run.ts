// npm run sim -- --seed S --steps N [--width W]: seeds from S on, on all cores, until N turns have been audited.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { planOf } from './plan.ts';
import type { Answer } from './seeds.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100000' },
    width: { type: 'string' },
  },
});
const width = values.width === undefined ? undefined : Number(values.width);
const cores = availableParallelism();
const totals = new Map<string, number>();
let next = Number(values.seed);
let [turns, experiments, twins, seeds] = [0, 0, 0, 0];

const began = performance.now();
// Most of what a simulated lane makes is garbage a moment later: a larger nursery is collected less often.
const options = { resourceLimits: { maxYoungGenerationSizeMb: 96 } };
await Promise.all(
  Array.from({ length: cores }, () => work(new Worker(new URL('./seeds.ts', import.meta.url), options))),
);
const seconds = (performance.now() - began) / 1000;

for (const what of [...totals.keys()].sort()) console.log(`${String(totals.get(what)).padStart(9)}  ${what}`);
console.log(
  `${seeds} seeds, ${experiments} experiments and ${turns} turns without a violation in ${seconds.toFixed(1)} s ` +
    `on ${cores} cores: ${Math.round((experiments + twins) / seconds)} experiments a second, ` +
    `the ${twins} of undisturbed twins among them`,
);

/** Hands seed after seed to one thread. */
async function work(worker: Worker): Promise<void> {
  while (turns < Number(values.steps)) {
    const seed = next++;
    worker.postMessage({ seed, width });
    const [answer]: [Answer] = (await once(worker, 'message')) as [Answer];
    if (answer.failure) fail(seed, answer.failure);
    seeds++;
    turns += answer.turns;
    experiments += answer.experiments;
    twins += answer.twins;
    for (const [what, n] of answer.counts) totals.set(what, (totals.get(what) ?? 0) + n);
  }
  await worker.terminate();
}

function fail(seed: number, failure: string): never {
  const { weather, lane } = planOf(seed, width);
  console.error(`seed ${seed} (${weather}, width ${lane.width}) failed: ${failure}`);
  console.error(`again: npm run sim -- --seed ${seed} --steps 1${width ? ` --width ${width}` : ''}`);
  process.exit(1);
}
