// A lane in which the machine fails an experiment: what its proposer hears of that, and what it may propose after it.
import { describe, expect, test } from 'vitest';
import { knobsOf } from '../../controller/adapters/builtin/knobs.ts';
import { observationsOf } from '../../controller/adapters/builtin/observations.ts';
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import type { Brief } from '../../controller/brief.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { standing } from '../../controller/llm/history.ts';
import type { LaneContext } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { Proposer } from '../../controller/ports.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryMachine, type Scene } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { quick } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';
import { MemoryStore } from '../memory/store.ts';

const TRAIN_PY = 'RATE = 0.5  # range: 0.01 .. 10.0, log | a\nWIDTH = 64  # range: 8 .. 512, log | b\n';

type Fate = 'fine' | 'lost' | 'other GPU' | 'unsealed';
const evicted = { word: 'evicted', sentence: 'the node is gone', sealed: null };

/** A lane whose runs fare as told, by experiment; those that are measured are worse than the baseline but elsewhere. */
function laneOf(fate: (experiment: string, trainPy: string) => Fate, proposer = proposerOf('builtin')) {
  const time = new VirtualTime();
  const machine = new MemoryMachine(({ experiment, trainPy }, { nonce }): Scene => {
    const fares = fate(experiment, trainPy);
    const bpb = fares === 'other GPU' ? 2 : experiment === '000000' ? 2.5 : 2.6;
    const sealed = {
      ...sealedRun(trainPy, nonce, bpb, 1),
      gpu: fares === 'other GPU' ? 'B' : 'A',
      ...(fares === 'unsealed' && { sealed: 'none' as const }),
    };
    const measured = { word: '', sentence: '', sealed: JSON.stringify(sealed) };
    return { durationMs: 1000, log: '', ending: fares === 'lost' ? evicted : measured };
  }, time.driver);
  const briefs: Brief[] = [];
  const proposed: string[] = [];
  const parts = { store: new MemoryStore(), frontier: new MemoryFrontier(), executor: machine.open() };
  const context = (experiments: number): LaneContext => ({
    ...parts,
    lane: { ...quick, requireSealed: true, limits: { ...quick.limits, experiments } },
    clock: time.driver,
    proposer: {
      async propose(brief, count, signal) {
        briefs.push(brief);
        const answer = await proposer.propose(brief, count, signal);
        if (answer.kind === 'ideas') proposed.push(...answer.ideas.map((idea) => idea.trainPy));
        return answer;
      },
      fix: async () => null,
    },
    inputs: { trainPy: TRAIN_PY, prepare: '', program: async () => '' },
    observer: { happened() {}, turn() {} },
    publish: async () => 0,
    spentUsd: async () => 0,
    pollMs: 1000,
  });
  const run = (experiments: number) => runLane(context(experiments), new AbortController().signal, () => {});
  return { run, briefs, proposed };
}

/** Proposes the first edit that it may. */
const stubborn: Proposer = {
  async propose({ tip, trainPy, tried }) {
    const file = [1, 2, 3, 4, 5]
      .map((n) => `${trainPy}# ${n}\n`)
      .find((text) => !tried.includes(sha256Hex(text)))!;
    const idea = { description: 'edit', hypothesis: '', source: 'builtin', stackOf: null } as const;
    return { kind: 'ideas', ideas: [{ ...idea, base: tip, trainPy: file }] };
  },
  fix: async () => null,
};

describe.each(['lost', 'other GPU', 'unsealed'] as const)('an experiment that was %s', (what) => {
  /** Another GPU stops the lane, until a person has mended that. */
  const played = async (proposer?: Proposer) => {
    const lane = laneOf((experiment) => (experiment === '000001' ? what : 'fine'), proposer);
    if (what === 'other GPU') expect((await lane.run(3)).reason).toBe('conditions');
    expect((await lane.run(3)).reason).toBe('limit');
    return lane;
  };
  test('is no part of the past that its proposer is told of', async () => {
    const { briefs } = await played();
    const last = briefs.at(-1)!;
    expect(last.past.map((one) => one.experiment)).toEqual(['000000', '000002']);
    expect(observationsOf(last, knobsOf(TRAIN_PY)).map((trial) => trial.gain)).toEqual([
      0,
      expect.closeTo(-0.1),
    ]);
    expect(standing(last)).toMatch(/^2 experiments: 1 kept, 1 discarded, 0 crashed/);
  });
  test('bars nobody from proposing its file, which is barred once it is measured', async () => {
    const { briefs, proposed } = await played(stubborn);
    expect(briefs[1]!.inconclusive).toEqual(['000001']);
    expect(proposed[1]).toBe(proposed[0]);
    expect(proposed[2]).not.toBe(proposed[0]);
  });
});

test('a file that loses its machine every time is proposed twice and no more', async () => {
  let first: string | null = null;
  const { run, proposed } = laneOf((experiment, trainPy) => {
    if (experiment === '000000') return 'fine';
    first ??= trainPy;
    return trainPy === first ? 'lost' : 'fine';
  }, stubborn);
  expect((await run(5)).reason).toBe('limit');
  expect(proposed.filter((trainPy) => trainPy === first)).toHaveLength(2);
  expect(new Set(proposed).size).toBe(4);
});
