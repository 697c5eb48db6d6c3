// The built-in proposer against random search, on made-up trainers. Everything is seeded: the figures never change
// unless the proposer does.
import { describe, expect, test } from 'vitest';
import { diceOf, pick } from '../../controller/adapters/builtin/dice.ts';
import { knobsOf, withValues } from '../../controller/adapters/builtin/knobs.ts';
import { describe as described } from '../../controller/adapters/builtin/moves.ts';
import { draw } from '../../controller/adapters/builtin/random.ts';
import { literalAt } from '../../controller/adapters/builtin/scale.ts';
import { think } from '../../controller/adapters/builtin/think.ts';
import type { Think } from '../../controller/adapters/builtin/turn.ts';
import type { Past } from '../../controller/core/brief.ts';
import { bowl, cliff, type Landscape, measure, TRAIN_PY, valley } from './landscapes.ts';

const EXPERIMENTS = 40;
const SIGMA = 0.01;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Classical random search: every knob drawn anew, every time, whatever was kept. */
const redraw: Think = (brief) => {
  const dice = diceOf(brief.seed, brief.next);
  const values = knobsOf(TRAIN_PY).map(({ name, domain }): [string, string] => [
    name,
    domain.kind === 'range' ? literalAt(dice(), domain) : pick(domain.options, dice),
  ]);
  const [name, to] = values[0]!;
  return {
    description: described([{ name, from: '0', to }], 'x'),
    hypothesis: '',
    trainPy: withValues(TRAIN_PY, new Map(values)),
  };
};

interface Campaign {
  /** True metric of the last tip, and the number of the first gain beyond the baseline. */
  readonly end: number;
  readonly first: number;
  readonly crashes: number;
}

/** The plain loop: keep what measures strictly lower. */
function campaign(proposer: Think, landscape: Landscape, seed: number): Campaign {
  let [trainPy, tipBpb] = [TRAIN_PY, measure(landscape, TRAIN_PY, SIGMA, seed)!];
  const past: Past[] = [
    {
      experiment: '000000',
      description: 'baseline',
      source: 'builtin',
      status: 'keep',
      valBpb: tipBpb,
      baseBpb: null,
      reason: '',
      error: '',
    },
  ];
  const tried = new Set([trainPy]);
  for (let next = 1; next <= EXPERIMENTS; next++) {
    const idea = proposer({
      lane: 'main',
      seed,
      next,
      program: '',
      prepare: '',
      tip: '',
      tipBpb,
      trainPy,
      guidance: '',
      past,
      open: [],
      tried: (text) => tried.has(text),
    });
    if (!idea) break;
    tried.add(idea.trainPy);
    const valBpb = measure(landscape, idea.trainPy, SIGMA, 1000 * seed + next);
    const kept = valBpb !== null && valBpb < tipBpb;
    const status = valBpb === null ? 'crash' : kept ? 'keep' : 'discard';
    past.push({
      experiment: String(next),
      description: idea.description,
      source: 'builtin',
      status,
      valBpb,
      baseBpb: tipBpb,
      reason: '',
      error: '',
    });
    if (kept) [trainPy, tipBpb] = [idea.trainPy, valBpb];
  }
  const first = past.findIndex((p, i) => i > 0 && p.status === 'keep');
  return {
    end: landscape(trainPy)!,
    first: first < 0 ? EXPERIMENTS + 1 : first,
    crashes: past.filter((p) => p.status === 'crash').length,
  };
}

const shapes = { bowl, cliff, valley };
const runs = (proposer: Think, shape: keyof typeof shapes) =>
  SEEDS.map((seed) => campaign(proposer, shapes[shape](seed), seed));
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** How many standard errors the mean of paired differences lies above 0. */
function errorsAboveZero(differences: readonly number[]): number {
  const m = mean(differences);
  const variance = differences.reduce((sum, d) => sum + (d - m) ** 2, 0) / (differences.length - 1);
  return m / Math.sqrt(variance / differences.length);
}

const names = Object.keys(shapes) as (keyof typeof shapes)[];
const builtin = Object.fromEntries(names.map((name) => [name, runs(think, name)])) as Record<
  keyof typeof shapes,
  Campaign[]
>;

describe.each([
  ['the random proposer, one knob of the tip at a time', draw],
  ['classical random search, all knobs anew', redraw],
])('against %s', (_, opponent) => {
  const theirs = Object.fromEntries(names.map((name) => [name, runs(opponent, name)])) as typeof builtin;
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
    mean(runs(draw, 'cliff').map((c) => c.crashes)),
  );
});
