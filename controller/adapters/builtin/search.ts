// The built-in proposer's choice: among the moves from here, the one whose expected improvement is largest.
import type { Brief } from '../../core/brief.ts';
import { pairs, singles } from './candidates.ts';
import { changesIn, describe, type KnobChange } from './knob-changes.ts';
import { type Knob, knobsOf, withValues } from './knobs.ts';
import { type Observation, observationsOf, withChanges } from './observations.ts';
import type { ProposeOne } from './one-by-one.ts';
import { randomOf } from './randomness.ts';
import { hypothesisFor, reasonFor } from './reasons.ts';
import { type Expectation, Surrogate } from './surrogate.ts';

/** Ideas in a row without a keep after which far steps are looked at too. */
const PATIENCE = 12;
/** Of the single moves, this many of the best are also looked at two at a time. */
const PAIRED = 8;
/** Two at once must promise this much more than one, for one is easier to learn from. */
const WORTH_TWO = 1.4;
/** A knob moved twice since it last gained is looked at half as eagerly. */
const TIRED_BY = 2;

interface Scored {
  readonly changes: readonly KnobChange[];
  readonly expectation: Expectation;
  readonly score: number;
}

/** The most promising untried change of one or two knobs, or null where every one was tried. */
export const bestCandidate: ProposeOne = (brief, tried) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return null;
  const observations = observationsOf(brief, knobs);
  for (const { changes, expectation } of ranked(brief, knobs, observations)) {
    const trainPy = withValues(brief.trainPy, new Map(changes.map((m) => [m.name, m.to])));
    if (tried(trainPy)) continue;
    const reasons = changes.map((change) =>
      reasonFor(change, knobs.find((k) => k.name === change.name)!, observations),
    );
    return {
      description: describe(changes, [...new Set(reasons)].join('; ')),
      hypothesis: hypothesisFor(changes, knobs, observations, expectation.gain),
      trainPy,
    };
  }
  return null;
};

/** Changes from here, the most promising first; at the end those that nobody would expect much of. */
function* ranked(
  brief: Brief,
  knobs: readonly Knob[],
  observations: readonly Observation[],
): Generator<Scored> {
  const here = new Map(knobs.map((k) => [k.name, k.literal]));
  const expect = new Surrogate(knobs, [...observations, ...onTrial(brief, here)]).from(here);
  const failures = failuresOf(observations);
  const random = randomOf(brief.seed, brief.next);
  const scored = (changes: readonly KnobChange[]): Scored => {
    const expectation = expect(withChanges(here, changes));
    const tired = Math.max(...changes.map((m) => failures.get(m.name) ?? 0)) / TIRED_BY;
    const worth = improvement(expectation) / (1 + tired) / (changes.length > 1 ? WORTH_TWO : 1);
    return { changes, expectation, score: worth * (0.9 + 0.2 * random()) };
  };
  const one = singles(knobs, plateau(brief) >= PATIENCE)
    .map((change) => scored([change]))
    .sort(byScore);
  const known = one.map((s) => s.changes[0]!).filter((m) => failures.has(m.name));
  const two = pairs(known.slice(0, PAIRED)).map(scored);
  yield* [...one, ...two].sort(byScore);
  const all = singles(knobs, true);
  yield* all.map((change) => scored([change])).sort(byScore);
  yield* pairs(all).map(scored).sort(byScore);
}

function byScore(a: Scored, b: Scored): number {
  return b.score - a.score;
}

/** What is on trial counts as tried without a gain, so that the next idea goes elsewhere. */
function onTrial(brief: Brief, here: ReadonlyMap<string, string>): Observation[] {
  return brief.open.flatMap((description) => {
    const changes = changesIn(description).filter((m) => here.has(m.name));
    return changes.length === 0
      ? []
      : [{ changes, values: withChanges(here, changes), bpb: brief.tipBpb, gain: 0 }];
  });
}

/** How often each knob was moved since it last gained; knobs that were never moved are not in it. */
function failuresOf(observations: readonly Observation[]): Map<string, number> {
  const failures = new Map<string, number>();
  for (const { changes, gain } of observations)
    for (const { name } of changes)
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
