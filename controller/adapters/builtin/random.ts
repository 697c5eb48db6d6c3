// Uniform random search, to measure the built-in proposer against: it draws and never learns.

import { describe } from './knob-changes.ts';
import { knobsOf, withValues } from './knobs.ts';
import type { ProposeOne } from './one-by-one.ts';
import { pick, randomOf } from './randomness.ts';
import { literalAt } from './scale.ts';

/** Draws before it says that nothing is left. */
const DRAWS = 1000;

/** One knob of the tip, drawn uniformly, set to a value drawn uniformly over all it may be. */
export const draw: ProposeOne = (brief, tried) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return null;
  const random = randomOf(brief.seed, brief.next);
  for (let n = 0; n < DRAWS; n++) {
    const { name, literal, domain } = pick(knobs, random);
    const to = domain.kind === 'range' ? literalAt(random(), domain) : pick(domain.options, random);
    const trainPy = withValues(brief.trainPy, new Map([[name, to]]));
    if (to === literal || tried(trainPy)) continue;
    return {
      description: describe([{ name, from: literal, to }], 'drawn at random'),
      hypothesis: 'None: this is the random search that others are measured against.',
      trainPy,
    };
  }
  return null;
};
