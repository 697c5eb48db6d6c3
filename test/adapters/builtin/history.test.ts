import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changesIn, describe as described } from '../../../controller/adapters/builtin/knob-changes.ts';
import { knobsOf } from '../../../controller/adapters/builtin/knobs.ts';
import { observationsOf } from '../../../controller/adapters/builtin/observations.ts';
import { reasonFor } from '../../../controller/adapters/builtin/reasons.ts';
import type { PastExperiment } from '../../../controller/brief.ts';
import { baseline, TRAINER } from './lanes.ts';

describe('descriptions', () => {
  test('name their moves so that they can be read back, on one line that says no more', () => {
    const literal = fc.constantFrom(
      '1',
      '0.001',
      '-2',
      '1e-05',
      '"tanh"',
      "'a b'",
      '(0.8, 0.95)',
      '[1, 2]',
      'True',
      '2**17',
    );
    const move = fc.record({ name: fc.stringMatching(/^[A-Z][A-Z0-9_]{0,12}$/), from: literal, to: literal });
    fc.assert(
      fc.property(fc.array(move, { minLength: 1, maxLength: 2 }), (moves) => {
        const text = described(moves);
        expect(changesIn(text)).toEqual(moves);
        expect(text).not.toMatch(/[\n\r\t:]/);
      }),
    );
  });
  test.each(['baseline', 'rewrite the loop', 'lr -> 2', 'x: y -> z', 'LEARNING_RATE to 3'])(
    '%j names no move',
    (text) => {
      expect(changesIn(text)).toEqual([]);
    },
  );
  test('of a stack proposal are read too', () => {
    expect(changesIn('stack of 000012: DEPTH 2 -> 3: deeper')).toEqual([
      { name: 'DEPTH', from: '2', to: '3' },
    ]);
  });
});

describe('the past as trials', () => {
  const past = (change: Partial<PastExperiment>): PastExperiment => ({
    ...baseline,
    status: 'discard',
    reason: 'worse',
    ...change,
  });
  const history = [
    baseline,
    past({ description: 'DEPTH 1 -> 5: x', valBpb: 2.5, baseBpb: 2 }),
    past({ description: 'DEPTH 1 -> 2: x', status: 'keep', valBpb: 1.8, baseBpb: 2 }),
    past({ description: 'a thought of a person', source: 'human', valBpb: 1.9, baseBpb: 1.8 }),
    past({ description: 'LEARNING_RATE 0.1 -> 1.0: x', status: 'crash', valBpb: null, baseBpb: 1.8 }),
    past({ description: 'LEARNING_RATE 0.1 -> 0.01: x', status: 'keep', valBpb: 1.7, baseBpb: 1.8 }),
  ];
  const observations = observationsOf({ past: history, tipBpb: 1.7 }, knobsOf(TRAINER));
  test('know the values of older commits by taking back what was kept', () => {
    expect(observations.map((t) => [t.values.get('LEARNING_RATE'), t.values.get('DEPTH'), t.bpb])).toEqual([
      ['0.1', '1', 2],
      ['0.1', '5', 2.5],
      ['0.1', '2', 1.8],
      ['1.0', '2', null],
      ['0.01', '2', 1.7],
    ]);
  });
  test('say what each gained on its base', () => {
    expect(observations.map((t) => t.gain && Math.round(t.gain * 10) / 10)).toEqual([
      0,
      -0.5,
      0.2,
      null,
      0.1,
    ]);
  });
  test('are known by the commit they were made on where seeds decide, on the scale of its metric', () => {
    const decided = [
      { ...baseline, experiment: '000000' },
      past({
        experiment: '000001',
        description: 'DEPTH 1 -> 2: x',
        valBpb: 1.9,
        baseBpb: 2.1,
        parent: '000000',
      }),
      past({
        experiment: '000002',
        description: 'stack of 000001: DEPTH 1 -> 2: x',
        status: 'keep',
        valBpb: 1.8,
        baseBpb: 2,
        parent: '000000',
      }),
      past({
        experiment: '000003',
        description: 'DEPTH 2 -> 5: x',
        valBpb: 2.2,
        baseBpb: 1.95,
        parent: '000002',
      }),
    ];
    const known = observationsOf({ past: decided, tipBpb: 1.8 }, knobsOf(TRAINER));
    expect(known.map((t) => [t.values.get('DEPTH'), t.bpb?.toFixed(3), t.gain?.toFixed(3)])).toEqual([
      ['1', '2.000', '0.000'],
      ['2', '1.800', '0.200'],
      ['2', '1.800', '0.200'],
      ['5', '2.050', '-0.250'],
    ]);
  });
  test('hold at least the tip, though nothing of the past can be read', () => {
    expect(
      observationsOf(
        { past: [past({ description: '?', valBpb: 3, baseBpb: 9 })], tipBpb: 1.7 },
        knobsOf(TRAINER),
      ),
    ).toMatchObject([{ bpb: 1.7, changes: [] }]);
  });
});

describe('the reason for a move', () => {
  const [lr, , , activation] = knobsOf(TRAINER);
  const after = (description: string, gain: number | null) => [
    { changes: changesIn(description), values: new Map<string, string>(), bpb: 1, gain },
  ];
  const up = { name: 'LEARNING_RATE', from: '0.01', to: '0.02' };
  test.each([
    ['a knob that nobody touched', up, lr!, [], 'not moved before'],
    [
      'a step after one that gained',
      up,
      lr!,
      after('LEARNING_RATE 0.005 -> 0.01: x', 0.1),
      'further, 0.005 -> 0.01 gained 0.100',
    ],
    [
      'a turn after a loss',
      up,
      lr!,
      after('LEARNING_RATE 0.01 -> 0.005: x', -0.25),
      'the other way, 0.01 -> 0.005 lost 0.250',
    ],
    [
      'a turn after a crash',
      up,
      lr!,
      after('LEARNING_RATE 0.01 -> 0.005: x', null),
      'the other way, 0.01 -> 0.005 crashed',
    ],
    [
      'a smaller step the same way',
      up,
      lr!,
      after('LEARNING_RATE 0.01 -> 0.04, DEPTH 1 -> 2: x', -1),
      'further, 0.01 -> 0.04 (with another) lost 1.000',
    ],
    [
      'the same step on a newer tip',
      up,
      lr!,
      after('LEARNING_RATE 0.01 -> 0.02: x', -1),
      'once more, the rest has changed, 0.01 -> 0.02 lost 1.000',
    ],
    [
      'the step back',
      up,
      lr!,
      after('LEARNING_RATE 0.02 -> 0.01: x', 0.5),
      'back again, 0.02 -> 0.01 gained 0.500',
    ],
    [
      'another option',
      { name: 'ACTIVATION', from: '"tanh"', to: '"gelu"' },
      activation!,
      after('ACTIVATION "tanh" -> "relu": x', -1),
      'another one, "tanh" -> "relu" lost 1.000',
    ],
  ])('%s', (_, move, knob, trials, reason) => {
    expect(reasonFor(move, knob, trials)).toBe(reason);
  });
});
