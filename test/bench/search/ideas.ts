// What slots wait for where a model call takes half a minute and a run more than five: the real loop in virtual time.
import type { Figure } from '../figures.ts';
import { LINES_PY, lines, truthOfLines } from './landscape.ts';
import { search } from './lane.ts';
import { ScriptedProposer } from './scripted.ts';

export async function ideas(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [width, experiments] of [
    [16, 1000],
    [64, 2000],
    [256, 4000],
  ] as const) {
    const { idle } = await search({
      land: lines,
      width,
      experiments,
      trainPy: LINES_PY,
      truthOf: (trainPy) => truthOfLines(lines, trainPy),
      proposer: (clock) => new ScriptedProposer(lines, clock),
      flow: { ahead: null, parallel: null },
    });
    const what = `slots of a lane of ${width} without an idea, over ${experiments} experiments`;
    figures.push({ what: `${what}, at the start`, value: 100 * idle.start, unit: '%', aim: '' });
    figures.push({ what: `${what}, later`, value: 100 * idle.ideas, unit: '%', aim: '<= 1' });
  }
  return figures;
}
