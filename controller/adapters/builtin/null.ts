// Changes that change nothing, to count how many "gains" are noise.
import { experimentId } from '../../core/experiment.ts';
import type { Thinker } from './one-by-one.ts';

const MARK = /\n# null \d+\n$/;

/** The tip with another last comment; it computes what the tip computes. */
export const changeNothing: Thinker = (brief) => {
  const body = brief.trainPy.replace(MARK, '\n');
  return (next, tried) => {
    const trainPy = `${body.endsWith('\n') ? body : `${body}\n`}# null ${experimentId(next)}\n`;
    if (tried(trainPy)) return null;
    return {
      description: `comment only: null ${experimentId(next)}`,
      hypothesis: 'None: it computes what the tip computes, so a keep is noise taken for progress.',
      trainPy,
    };
  };
};
