// The built-in proposer's choice: among the moves from here, the one whose expected improvement is largest.
import type { Brief } from '../../core/brief.ts';
import { pairs, singles } from './candidates.ts';
import { diceOf } from './dice.ts';
import { type Knob, knobsOf, withValues } from './knobs.ts';
import { describe, type Move, movesIn } from './moves.ts';
import { hypothesisFor, reasonFor } from './reasons.ts';
import { type Expectation, Surrogate } from './surrogate.ts';
import { moved, type Trial, trialsOf } from './trials.ts';
import type { Think } from './turn.ts';

/** Ideas in a row without a keep after which far steps are looked at too. */
const PATIENCE = 12;
/** Of the single moves, this many of the best are also looked at two at a time. */
const PAIRED = 8;
/** Two at once must promise this much more than one, for one is easier to learn from. */
const WORTH_TWO = 1.4;
/** A knob moved twice since it last gained is looked at half as eagerly. */
const TIRED_BY = 2;

interface Scored {
  readonly moves: readonly Move[];
  readonly expectation: Expectation;
  readonly score: number;
}

/** The most promising untried change of one or two knobs, or null where every one was tried. */
export const think: Think = (brief, tried) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return null;
  const trials = trialsOf(brief, knobs);
  for (const { moves, expectation } of ranked(brief, knobs, trials)) {
    const trainPy = withValues(brief.trainPy, new Map(moves.map((m) => [m.name, m.to])));
    if (tried(trainPy)) continue;
    const reasons = moves.map((move) => reasonFor(move, knobs.find((k) => k.name === move.name)!, trials));
    return {
      description: describe(moves, [...new Set(reasons)].join('; ')),
      hypothesis: hypothesisFor(moves, knobs, trials, expectation.gain),
      trainPy,
    };
  }
  return null;
};

/** Changes from here, the most promising first; at the end those that nobody would expect much of. */
function* ranked(brief: Brief, knobs: readonly Knob[], trials: readonly Trial[]): Generator<Scored> {
  const here = new Map(knobs.map((k) => [k.name, k.literal]));
  const expect = new Surrogate(knobs, [...trials, ...onTrial(brief, here)]).from(here);
  const failures = failuresOf(trials);
  const dice = diceOf(brief.seed, brief.next);
  const scored = (moves: readonly Move[]): Scored => {
    const expectation = expect(moved(here, moves));
    const tired = Math.max(...moves.map((m) => failures.get(m.name) ?? 0)) / TIRED_BY;
    const worth = improvement(expectation) / (1 + tired) / (moves.length > 1 ? WORTH_TWO : 1);
    return { moves, expectation, score: worth * (0.9 + 0.2 * dice()) };
  };
  const one = singles(knobs, plateau(brief) >= PATIENCE)
    .map((move) => scored([move]))
    .sort(byScore);
  const known = one.map((s) => s.moves[0]!).filter((m) => failures.has(m.name));
  const two = pairs(known.slice(0, PAIRED)).map(scored);
  yield* [...one, ...two].sort(byScore);
  const all = singles(knobs, true);
  yield* all.map((move) => scored([move])).sort(byScore);
  yield* pairs(all).map(scored).sort(byScore);
}

function byScore(a: Scored, b: Scored): number {
  return b.score - a.score;
}

/** What is on trial counts as tried without a gain, so that the next idea goes elsewhere. */
function onTrial(brief: Brief, here: ReadonlyMap<string, string>): Trial[] {
  return brief.open.flatMap((description) => {
    const moves = movesIn(description).filter((m) => here.has(m.name));
    return moves.length === 0 ? [] : [{ moves, values: moved(here, moves), bpb: brief.tipBpb, gain: 0 }];
  });
}

/** How often each knob was moved since it last gained; knobs that were never moved are not in it. */
function failuresOf(trials: readonly Trial[]): Map<string, number> {
  const failures = new Map<string, number>();
  for (const { moves, gain } of trials)
    for (const { name } of moves)
      failures.set(name, gain !== null && gain > 0 ? 0 : (failures.get(name) ?? 0) + 1);
  return failures;
}

/** Decided experiments since the last keep. */
function plateau(brief: Brief): number {
  return brief.past.length - 1 - brief.past.findLastIndex((p) => p.status === 'keep');
}

/** Expected improvement over here, of a normal expectation. */
function improvement({ gain, sd }: Expectation): number {
  if (sd < 1e-9) return Math.max(gain, 0);
  const z = gain / sd;
  return gain * (1 / (1 + Math.exp(-1.702 * z))) + (sd * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}
