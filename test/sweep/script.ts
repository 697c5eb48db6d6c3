// What lanes of the sweep try. What becomes of a file is written in it, so that any trainer can play it.
import type { Lane } from '../../controller/core/experiment.ts';
import type { Proposer } from '../../controller/ports.ts';
import { scripted } from './scripted.ts';

export interface Script {
  readonly experiments: number;
  /** Attempts of the whole script. */
  readonly attempts: number;
  readonly baseline: string;
  readonly proposer: Proposer;
  /** The lane up to and with that experiment. */
  readonly laneUpTo: (last: number) => Lane;
}

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

/** By id, too; where a train takes the id, there is none. Its lines change what the lines of the others do not touch. */
const NOISY: readonly string[] = [
  file('NOISY = True\nBPB = 2.0\n# no loss'),
  file('NOISY = True\nBPB = 1.9\n# no loss'),
  '',
  file('NOISY = True\nBPB = 1.95\n# no loss'),
  file('CRASH = "name"'),
  file('NOISY = True\nBPB = 1.8\nLOSE_FIRST = True'),
  '',
];

export const scripts = {
  /** Six experiments that end in six ways: a keep, a discard, a crash that is fixed, one that is not, a timeout, and a
   * run that is lost once. Each has one attempt; the repair and the loss have one more. */
  plain: { experiments: 6, attempts: 9, baseline: FILES[0]!, proposer, laneUpTo },
  /** Seeds decide: the baseline has eight attempts, each of two trains three, and the second is lost once, as its idea is. */
  evidence: {
    experiments: 6,
    attempts: 8 + 1 + 3 + 1 + 2 + 2 + 4,
    baseline: NOISY[0]!,
    proposer: scripted(NOISY, file('NOISY = True\nBPB = 1.95')),
    laneUpTo: (last) => ({ ...laneUpTo(last), evidence: 2 }),
  },
} satisfies Readonly<Record<string, Script>>;
export type ScriptName = keyof typeof scripts;
