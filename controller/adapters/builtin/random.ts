// Uniform random search, to measure the built-in proposer against: it draws and never learns.

import { describe } from './knob-changes.ts';
import { knobsOf, writerOf } from './knobs.ts';
import type { Thinker } from './one-by-one.ts';
import { laneSeed, pick, randomOf } from './randomness.ts';
import { literalAt } from './scale.ts';

/** Draws before it says that nothing is left. */
const DRAWS = 1000;

/** One knob of the tip, drawn uniformly, set to a value drawn uniformly over all it may be. */
export const draw: Thinker = (brief) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return () => null;
  const write = writerOf(brief.trainPy);
  return (next, tried) => {
    const random = randomOf(laneSeed(brief), next);
    for (let n = 0; n < DRAWS; n++) {
      const { name, literal, domain } = pick(knobs, random);
      const to = domain.kind === 'range' ? literalAt(random(), domain) : pick(domain.options, random);
      const trainPy = write(new Map([[name, to]]));
      if (to === literal || tried(trainPy)) continue;
      return {
        description: describe([{ name, from: literal, to }]),
        hypothesis: 'None, it is drawn at random: this is the search that others are measured against.',
        trainPy,
      };
    }
    return null;
  };
};
