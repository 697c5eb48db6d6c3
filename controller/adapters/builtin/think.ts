// The built-in proposer's choice: among the moves from here, the one whose expected improvement is largest.
import type { Brief } from '../../core/brief.ts';
import { pairs, singles } from './candidates.ts';
import { diceOf } from './dice.ts';
import { knobsOf, withValues } from './knobs.ts';
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

interface Scored {
  readonly moves: readonly Move[];
  readonly expectation: Expectation;
  readonly score: number;
}

/** The most promising untried change of one or two knobs, or null where every one was tried. */
export const think: Think = (brief) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return null;
  const trials = trialsOf(brief, knobs);
  const here = new Map(knobs.map((k) => [k.name, k.literal]));
  const expect = new Surrogate(knobs, [...trials, ...onTrial(brief, here)]).from(here);
  const dice = diceOf(brief.seed, brief.next);
  const scored = (moves: readonly Move[], weight: number): Scored => {
    const expectation = expect(moved(here, moves));
    return { moves, expectation, score: weight * improvement(expectation) * (0.9 + 0.2 * dice()) };
  };
  const far = plateau(brief) >= PATIENCE;
  const one = singles(knobs, far)
    .map((move) => scored([move], 1))
    .sort(byScore);
  const best = one.slice(0, PAIRED).map((s) => s.moves[0]!);
  const two = pairs(best).map((moves) => scored(moves, 1 / WORTH_TWO));
  const rest = far ? [] : singles(knobs, true).map((move) => scored([move], 0));
  for (const { moves, expectation } of [...one, ...two].sort(byScore).concat(rest)) {
    const trainPy = withValues(brief.trainPy, new Map(moves.map((m) => [m.name, m.to])));
    if (brief.tried(trainPy)) continue;
    const reasons = moves.map((move) => reasonFor(move, knobs.find((k) => k.name === move.name)!, trials));
    return {
      description: describe(moves, [...new Set(reasons)].join('; ')),
      hypothesis: hypothesisFor(moves, knobs, trials, expectation.gain),
      trainPy,
    };
  }
  return null;
};

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
