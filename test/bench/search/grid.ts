// Which lanes the bench of the search runs, and what each comes to beside sequential greedy with as many runs.
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import type { Lane } from '../../../controller/core/experiment.ts';
import { bowl, TRAIN_PY } from '../../adapters/builtin/landscapes.ts';
import { type Land, LINES_PY, lines, type Truth, truthOfLines, uniform } from './landscape.ts';
import { type Problem, type Search, search } from './lane.ts';
import { peer } from './peers.ts';
import { ScriptedProposer } from './scripted.ts';

/** How a lane is set. */
const policies: Readonly<Record<string, Partial<Lane>>> = {
  plain: {},
  'evidence 2': { evidence: 2 },
  'evidence 3': { evidence: 3 },
  'confirm 1': { confirm: 1 },
};

export const lands: Readonly<Record<string, Omit<Land, 'seed'>>> = {
  lines,
  'noise 0.0001': { ...lines, sigma: 1e-4 },
  'noise 0.0005': { ...lines, sigma: 5e-4 },
  'noise 0.002': { ...lines, sigma: 2e-3 },
  'conflicts 10 %': { ...lines, conflict: 0.1 },
  'seeds differ': { ...lines, sigmaCommon: 2e-3 },
  nothing: { ...lines, nothing: true },
  knobs: { ...lines, sigma: 0.01 },
};

/** One lane: what is searched, by whom, how wide and for how long. */
export interface Cell {
  readonly land: string;
  readonly policy: string;
  readonly width: number;
  readonly experiments: number;
  readonly seed: number;
}

export interface Row extends Cell, Search {
  /** True gain of sequential greedy after as many runs; null where no peer knows the land. */
  readonly sequentialGain: number | null;
}

export async function rowOf(cell: Cell): Promise<Row> {
  const { seed, width, experiments } = cell;
  const land: Land = { ...lands[cell.land]!, seed };
  const knobs = cell.land === 'knobs';
  const rules = policies[cell.policy]!;
  const found = await search({ land, width, experiments, rules, ...(knobs ? knobsOf(land) : linesOf(land)) });
  const sequentialGain = knobs ? null : sequential(land, found.runs);
  return { ...cell, ...found, sequentialGain };
}

function linesOf(land: Land): Pick<Problem, 'trainPy' | 'truthOf' | 'proposer' | 'flow'> {
  return {
    trainPy: LINES_PY,
    truthOf: (trainPy) => truthOfLines(land, trainPy),
    proposer: (clock) => new ScriptedProposer(land, clock),
    flow: { ahead: null, parallel: null },
  };
}

/** The built-in proposer on twelve constants that pull on each other. */
function knobsOf(land: Land): Pick<Problem, 'trainPy' | 'truthOf' | 'proposer'> {
  const { seed } = land;
  const shape = bowl(seed);
  const truthOf = (trainPy: string): Truth => {
    const letters = [...trainPy.matchAll(/= (\S+)/g)].flatMap(([, value]) => [...value!]);
    const key = Math.floor(2 ** 32 * uniform(seed, ...letters.map((letter) => letter.charCodeAt(0))));
    const crash = trainPy !== TRAIN_PY && uniform(seed, key, 4) < land.crash;
    return { metric: shape(trainPy)!, crash, key };
  };
  return { trainPy: TRAIN_PY, truthOf, proposer: () => proposerOf('builtin') };
}

const LONGEST = 5000;
const walks = new Map<string, readonly { trueGain: number }[]>();

/** True gain of sequential greedy after so many runs: one walk tells all numbers of runs. */
export function sequential(land: Land, runs: number): number {
  const name = JSON.stringify(land);
  let reached = walks.get(name);
  if (!reached || reached.length <= runs) {
    reached = peer(land, { width: 1, runs: Math.max(LONGEST, runs) }).reached;
    walks.set(name, reached);
  }
  return reached[runs]!.trueGain;
}
