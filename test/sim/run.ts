// npm run sim -- --seed S --steps N [--width W]: seeds from S on, until N turns of a controller have been audited.
import { parseArgs } from 'node:util';
import { planOf } from './plan.ts';
import { live } from './twin.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '100000' },
    width: { type: 'string' },
  },
});
const first = Number(values.seed);
const width = values.width === undefined ? undefined : Number(values.width);
const totals = new Map<string, number>();
const began = performance.now();
let [turns, experiments, seeds] = [0, 0, 0];
for (let seed = first; turns < Number(values.steps); seed++) {
  try {
    const { auditor } = await live(seed, width);
    turns += auditor.turns;
    experiments += auditor.trials.size;
    seeds++;
    for (const [what, n] of auditor.counts) totals.set(what, (totals.get(what) ?? 0) + n);
  } catch (error) {
    const { weather, lane } = planOf(seed, width);
    console.error(`seed ${seed} (${weather}, width ${lane.width}) failed: ${(error as Error).stack}`);
    console.error(`again: npm run sim -- --seed ${seed} --steps 1${width ? ` --width ${width}` : ''}`);
    process.exit(1);
  }
}
const seconds = (performance.now() - began) / 1000;
for (const what of [...totals.keys()].sort()) console.log(`${String(totals.get(what)).padStart(9)}  ${what}`);
console.log(
  `${seeds} seeds, ${experiments} experiments and ${turns} turns without a violation in ${seconds.toFixed(1)} s: ` +
    `${Math.round(experiments / seconds)} experiments a second (twins not counted)`,
);
