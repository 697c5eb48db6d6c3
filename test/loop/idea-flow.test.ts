// Ideas in time, on the real loop in virtual time: a model call takes half a minute, a run takes more than five.
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../controller/core/decision.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import { CALLS_AT_MOST, type FlowSetting, flowOf } from '../../controller/loop/idea-flow.ts';
import { LINES_PY, lines, truthOfLines } from '../bench/search/landscape.ts';
import { search } from '../bench/search/lane.ts';
import { ScriptedProposer } from '../bench/search/scripted.ts';

const asNeeded = { ahead: null, parallel: null };
const lane = (width: number) => ({ width, clocks: { budgetSeconds: 300 } }) as Lane;
const ran = (wallSeconds: number) => ({ wallSeconds }) as Decision;

async function lineEdits(width: number, experiments: number, flow: FlowSetting) {
  let proposer!: ScriptedProposer;
  const found = await search({
    land: lines,
    width,
    experiments,
    trainPy: LINES_PY,
    truthOf: (trainPy) => truthOfLines(lines, trainPy),
    proposer: (clock) => {
      proposer = new ScriptedProposer(lines, clock);
      return proposer;
    },
    flow,
  });
  return { ...found, mostCalls: proposer.most };
}

describe('how many ideas are ready or asked for', () => {
  test('is what ends during one call, and a few more', () => {
    const latencies = [20, 30, 40];
    expect(flowOf(asNeeded, lane(1), [ran(320)], latencies).ahead).toBe(2);
    expect(flowOf(asNeeded, lane(64), [ran(310), ran(330)], latencies).ahead).toBe(12);
    expect(flowOf(asNeeded, lane(1000), [ran(320)], latencies).ahead).toBe(115);
  });
  test('is guessed from the budget before anything was measured', () => {
    expect(flowOf(asNeeded, lane(64), [], []).ahead).toBe(13);
  });
  test('does not count what never ran', () => {
    const decisions = [ran(0), ran(320)];
    expect(flowOf(asNeeded, lane(64), decisions, [30]).ahead).toBe(12);
  });
  test('is what a person has set', () => {
    expect(flowOf({ ahead: 3, parallel: 5 }, lane(64), [], [])).toEqual({ ahead: 3, parallel: 5 });
    expect(flowOf(asNeeded, lane(4096), [], []).parallel).toBe(CALLS_AT_MOST);
  });
});

describe('a lane of 64 slots', () => {
  test('waits for ideas for a minute at the start, and hardly ever later', async () => {
    const { idle, hours, duplicates } = await lineEdits(64, 640, asNeeded);
    expect(idle.start * hours * 3600).toBeLessThan(60);
    expect(idle.ideas).toBeLessThan(0.02);
    expect(duplicates).toBe(0);
  });
  test('never asks for more at a time than a person has set', async () => {
    const { mostCalls } = await lineEdits(64, 100, { ahead: null, parallel: 7 });
    expect(mostCalls).toBe(7);
  });
});
