// Uniform random search, to measure the built-in proposer against: it draws and never learns.
import { diceOf, pick } from './dice.ts';
import { knobsOf, withValues } from './knobs.ts';
import { describe } from './moves.ts';
import { literalAt } from './scale.ts';
import type { Think } from './turn.ts';

/** Draws before it says that nothing is left. */
const DRAWS = 1000;

/** One knob of the tip, drawn uniformly, set to a value drawn uniformly over all it may be. */
export const draw: Think = (brief, tried) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return null;
  const dice = diceOf(brief.seed, brief.next);
  for (let n = 0; n < DRAWS; n++) {
    const { name, literal, domain } = pick(knobs, dice);
    const to = domain.kind === 'range' ? literalAt(dice(), domain) : pick(domain.options, dice);
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
