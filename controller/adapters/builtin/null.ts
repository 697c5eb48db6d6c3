// Changes that change nothing, to count how many "gains" are noise.
import { experimentId } from '../../core/experiment.ts';
import type { ProposeOne } from './one-by-one.ts';

const MARK = /\n# null \d+\n$/;

/** The tip with another last comment; it computes what the tip computes. */
export const changeNothing: ProposeOne = (brief, tried) => {
  const body = brief.trainPy.replace(MARK, '\n');
  const trainPy = `${body.endsWith('\n') ? body : `${body}\n`}# null ${experimentId(brief.next)}\n`;
  if (tried(trainPy)) return null;
  return {
    description: `comment only: null ${experimentId(brief.next)}`,
    hypothesis: 'None: it computes what the tip computes, so a keep is noise taken for progress.',
    trainPy,
  };
};
