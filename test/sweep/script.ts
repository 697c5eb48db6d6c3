// Six experiments that end in six ways: a keep, a discard, a crash that is fixed, one that is not, a timeout, and a
// run that is lost once. What becomes of a file is written in it, so that any trainer can play it.
import type { Lane } from '../../controller/core/experiment.ts';
import { scripted } from './scripted.ts';

export const EXPERIMENTS = 6;
/** Attempts of the whole script: one each, and one more for the repair and for the loss. */
export const ATTEMPTS = 9;

/** The lane up to and with that experiment. */
export function laneUpTo(last: number): Lane {
  return {
    name: 'sweep',
    width: 1,
    seed: 7,
    clocks: { budgetSeconds: 1, startSeconds: 60, wallSeconds: 60 },
    confirm: 0,
    requireSealed: false,
    ahead: 0,
    limits: { experiments: last, gpuHours: null, usd: null },
  };
}

const file = (what: string) => `# scripted\n${what}\n`;

/** By id; the first one is the baseline. */
export const FILES: readonly string[] = [
  file('BPB = 2.0'),
  file('BPB = 1.9'),
  file('BPB = 1.95'),
  file('CRASH = "name"'),
  file('CRASH = "syntax"'),
  file('WALL = True'),
  file('LOSE_FIRST = True\nBPB = 1.8'),
];
const REPAIRED = file('BPB = 1.85');

export const proposer = scripted(FILES, REPAIRED);
