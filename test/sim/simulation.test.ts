// A few hundred short lanes, each with its own weather. A seed that fails is named, and becomes a test of its own.
import { afterAll, expect, it } from 'vitest';
import { live } from './twin.ts';

const SEEDS = 200;
const PER_TEST = 20;

const totals = new Map<string, number>();
let [experiments, seconds] = [0, 0];

async function all(first: number): Promise<void> {
  const began = performance.now();
  for (let seed = first; seed < first + PER_TEST; seed++) {
    try {
      const { auditor } = await live(seed);
      experiments += auditor.trials.size;
      for (const [what, n] of auditor.counts) totals.set(what, (totals.get(what) ?? 0) + n);
    } catch (cause) {
      throw new Error(
        `seed ${seed} breaks ${(cause as Error).message}; npm run sim -- --seed ${seed} --steps 1`,
        {
          cause,
        },
      );
    }
  }
  seconds += (performance.now() - began) / 1000;
}

for (let first = 1; first < SEEDS; first += PER_TEST) {
  it(`keeps every invariant in seeds ${first} to ${first + PER_TEST - 1}`, () => all(first));
}

it('meets every case that it is there for', () => {
  const wanted = `
    keep:baseline keep:better discard:worse discard:stale discard:identical discard:unconfirmed discard:conditions
    crash:syntax crash:nan crash:oom crash:timeout crash:exit crash:no_metric crash:noncausal crash:invalid_metric
    crash:lost crash:unsealed proposal:stack proposal:human stack:keep stack:discard train:several train:half fixed
    attempt:confirm attempt:lost
    fate:nonce fate:wrong_file fate:extra fate:nan fate:infinite fate:cut fate:refused fate:gone fate:evicted
    fate:vanished happened:held happened:dropped kills interrupts rivals stalls pauses adopted:proposal.json
    adopted:result.json adopted:train.py stop:fenced stop:foreign stop:limit stop:conditions rebuilt`;
  const missing = wanted.split(/\s+/).filter((what) => what && !totals.has(what));
  expect(missing).toEqual([]);
});

afterAll(() => {
  const rate = Math.round(experiments / seconds);
  console.log(`simulation: ${SEEDS} seeds, ${experiments} experiments (twins not counted), ${rate} a second`);
});
