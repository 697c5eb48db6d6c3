// The built-in proposer against random search, on made-up trainers. Everything is seeded: the figures never change
// unless the proposer does.
import { describe, expect, test } from 'vitest';
import { knobsOf, withValues } from '../../../controller/adapters/builtin/knobs.ts';
import { oneByOne, type Thinker } from '../../../controller/adapters/builtin/one-by-one.ts';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { pick, randomOf } from '../../../controller/adapters/builtin/randomness.ts';
import { literalAt } from '../../../controller/adapters/builtin/scale.ts';
import { Slices } from '../../../controller/adapters/builtin/slices.ts';
import type { Proposer } from '../../../controller/ports.ts';
import { type Campaign, campaign } from './campaign.ts';
import { bowl, cliff, measure, TRAIN_PY, valley } from './landscapes.ts';

const EXPERIMENTS = 40;
const SIGMA = 0.01;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const shapes = { bowl, cliff, valley };
type Shape = keyof typeof shapes;
const names = Object.keys(shapes) as Shape[];

/** Classical random search: every knob drawn anew, every time, whatever was kept. */
const redraw: Proposer = {
  propose: (brief, count, signal) => oneByOne(brief, count, drawAll, '', new Slices(signal)),
  fix: async () => null,
};
const drawAll: Thinker = (brief) => (next) => {
  const dice = randomOf(brief.seed, next);
  const values = knobsOf(TRAIN_PY).map(({ name, domain }): [string, string] => [
    name,
    domain.kind === 'range' ? literalAt(dice(), domain) : pick(domain.options, dice),
  ]);
  return { description: 'all drawn', hypothesis: '', trainPy: withValues(TRAIN_PY, new Map(values)) };
};

interface Result extends Campaign {
  /** True metric of the last tip. */
  readonly end: number;
}

async function campaigns(proposer: Proposer): Promise<Record<Shape, Result[]>> {
  const results: Record<Shape, Result[]> = { bowl: [], cliff: [], valley: [] };
  for (const name of names)
    for (const seed of SEEDS) {
      const landscape = shapes[name](seed);
      const noisy = (trainPy: string, n: number) => measure(landscape, trainPy, SIGMA, 1000 * seed + n);
      const run = await campaign({
        proposer,
        trainPy: TRAIN_PY,
        seed,
        experiments: EXPERIMENTS,
        measure: noisy,
      });
      results[name].push({ ...run, end: landscape(run.trainPy)! });
    }
  return results;
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** How many standard errors the mean of paired differences lies above 0. */
function errorsAboveZero(differences: readonly number[]): number {
  const m = mean(differences);
  const variance = differences.reduce((sum, d) => sum + (d - m) ** 2, 0) / (differences.length - 1);
  return m / Math.sqrt(variance / differences.length);
}

const builtin = await campaigns(proposerOf('builtin'));
const random = await campaigns(proposerOf('random'));
const classical = await campaigns(redraw);

describe.each([
  ['the random proposer, one knob of the tip at a time', random],
  ['classical random search, all knobs anew', classical],
])('against %s', (_, theirs) => {
  test.each(names)('it ends lower on average in the %s', (name) => {
    expect(mean(builtin[name].map((c) => c.end))).toBeLessThan(mean(theirs[name].map((c) => c.end)));
  });
  test('over all of them it ends lower by more than three standard errors', () => {
    const gains = names.flatMap((name) => builtin[name].map((ours, i) => theirs[name][i]!.end - ours.end));
    expect(errorsAboveZero(gains)).toBeGreaterThan(3);
  });
});

test('its first gain comes within eight experiments in at least nine of ten campaigns', () => {
  const firsts = names.flatMap((name) => builtin[name].map((c) => c.first));
  expect(firsts.filter((first) => first <= 8).length / firsts.length).toBeGreaterThanOrEqual(0.9);
});
test('it stays away from where it crashed', () => {
  expect(mean(builtin.cliff.map((c) => c.crashes))).toBeLessThan(
    mean(random.cliff.map((c) => c.crashes)) / 2,
  );
});
