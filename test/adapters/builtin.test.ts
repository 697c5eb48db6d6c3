import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knobsOf, numberOf, withValues } from '../../controller/adapters/builtin/knobs.ts';
import {
  DESCRIPTION_AT_MOST,
  describe as described,
  movesIn,
} from '../../controller/adapters/builtin/moves.ts';
import { type Kind, proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import { reasonFor } from '../../controller/adapters/builtin/reasons.ts';
import { literalAt, positionOf, stepped } from '../../controller/adapters/builtin/scale.ts';
import { trialsOf } from '../../controller/adapters/builtin/trials.ts';
import type { Brief, Idea, Past } from '../../controller/core/brief.ts';

const never = new AbortController().signal;
const TRAINER = `"""A trainer.

LOOKS_LIKE = 1  # range: 0 .. 2
"""
import math

LEARNING_RATE = 0.01   # range: 0.0001 .. 1.0, log | size of a step
DEPTH = 2              # range: 0 .. 6 | layers
BETA = 0.99            # range: 0.9 .. 0.9999 | memory
ACTIVATION = "tanh"    # one of: "tanh", "relu", "gelu" | what bends
BETAS = (0.8, 0.95)    # one of: (0.8, 0.95), (0.9, 0.99) | both
SEED_FREE = True       # one of: True, False
EVAL_BATCH = 64        # rows per question
TWICE = 1              # range: 0 .. 2
TWICE = 2              # range: 0 .. 2
if True:
    INNER = 3          # range: 0 .. 9
`;
const baseline: Past = {
  experiment: '000000',
  description: 'baseline',
  source: 'builtin',
  status: 'keep',
  valBpb: 2,
  baseBpb: null,
  reason: 'baseline',
  error: '',
};
const brief = (change: Partial<Brief> = {}): Brief => ({
  lane: 'main',
  seed: 1,
  next: 1,
  program: '',
  prepare: '',
  tip: 'a'.repeat(40),
  tipBpb: 2,
  trainPy: TRAINER,
  guidance: '',
  past: [baseline],
  open: [],
  tried: (trainPy) => trainPy === TRAINER,
  ...change,
});
async function ideas(kind: Kind, b: Brief, count = 1): Promise<Idea[]> {
  const proposed = await proposerOf(kind).propose(b, count, never);
  return proposed.kind === 'ideas' ? proposed.ideas : [];
}

describe('knobs', () => {
  test('are the marked constants at the top level, assigned once, outside of strings', () => {
    expect(knobsOf(TRAINER).map((k) => [k.name, k.literal, k.about])).toEqual([
      ['LEARNING_RATE', '0.01', 'size of a step'],
      ['DEPTH', '2', 'layers'],
      ['BETA', '0.99', 'memory'],
      ['ACTIVATION', '"tanh"', 'what bends'],
      ['BETAS', '(0.8, 0.95)', 'both'],
      ['SEED_FREE', 'True', ''],
    ]);
    expect(knobsOf(TRAINER)[0]!.domain).toEqual({
      kind: 'range',
      low: 0.0001,
      high: 1,
      log: true,
      whole: false,
    });
    expect(knobsOf(TRAINER)[1]!.domain).toEqual({ kind: 'range', low: 0, high: 6, log: false, whole: true });
    expect(knobsOf(TRAINER)[4]!.domain).toEqual({ kind: 'choice', options: ['(0.8, 0.95)', '(0.9, 0.99)'] });
  });
  test('of the shipped CPU trainer are found, every marked one', () => {
    const file = readFileSync(new URL('../../harness/cpu/train.py', import.meta.url), 'utf8');
    const marked = file.split('\n').filter((line) => /^[A-Z][A-Z0-9_]* = .*# (?:range|one of):/.test(line));
    expect(marked.length).toBeGreaterThan(10);
    expect(knobsOf(file).length).toBe(marked.length);
  });
  test('without marks are all numbers but 0 and all booleans', () => {
    const knobs = knobsOf(
      'DEPTH = 8\nBATCH = 2**19  # tokens\nLR: float = 4e-2\nZERO = 0.0\nFLAG = False\nNAME = "x"\nN = -1\nSUM = 1 + 2\nx = 3\n',
    );
    expect(knobs.map((k) => [k.name, k.literal])).toEqual([
      ['DEPTH', '8'],
      ['BATCH', '2**19'],
      ['LR', '4e-2'],
      ['FLAG', 'False'],
    ]);
    expect(knobs[0]!.domain).toEqual({ kind: 'range', low: 1, high: 128, log: true, whole: true });
    expect(knobs[3]!.domain).toEqual({ kind: 'choice', options: ['True', 'False'] });
  });
  test.each([
    ['a range that is upside down', 'A = 1  # range: 2 .. 0'],
    ['a logarithmic range from 0', 'A = 1  # range: 0 .. 2, log'],
    ['a range that is no number', 'A = 1  # range: low .. high'],
    ['a value that is no number', 'A = f(1)  # range: 0 .. 2'],
    ['a choice that lacks the value', 'A = "x"  # one of: "y", "z"'],
    ['a choice of one', 'A = "x"  # one of: "x"'],
    ['a mark inside a string', 'A = "# range: 0 .. 2"'],
  ])('%s is no knob', (_, line) => {
    expect(knobsOf(`${line}\nB = 1  # range: 0 .. 2\n`).map((k) => k.name)).toEqual(['B']);
  });
  test('setting values changes those literals and not one byte besides', () => {
    const changed = withValues(
      TRAINER,
      new Map([
        ['LEARNING_RATE', '0.02'],
        ['BETAS', '(0.9, 0.99)'],
      ]),
    );
    expect(changed).toBe(
      TRAINER.replace('LEARNING_RATE = 0.01', 'LEARNING_RATE = 0.02').replace(
        'BETAS = (0.8, 0.95)',
        'BETAS = (0.9, 0.99)',
      ),
    );
    const crlf = TRAINER.replaceAll('\n', '\r\n');
    expect(withValues(crlf, new Map([['DEPTH', '3']]))).toBe(crlf.replace('DEPTH = 2', 'DEPTH = 3'));
  });
  test.each([
    ['1_000', 1000],
    ['2**17', 131072],
    ['1e-3', 0.001],
    ['.5', 0.5],
    ['-2', -2],
    ['1.', 1],
    ['0x10', null],
    ['inf', null],
    ['', null],
    ['1+1', null],
  ])('%s reads as %s', (literal, value) => {
    expect(numberOf(literal)).toBe(value);
  });
});

describe('steps on a scale', () => {
  const lr = knobsOf(TRAINER)[0]!;
  test.each([
    [lr, 0.25, '0.1'],
    [lr, -0.125, '0.0032'],
    [lr, 9, '1.0'],
    [knobsOf(TRAINER)[1]!, 0.01, '3'],
    [knobsOf(TRAINER)[1]!, -1, '0'],
    [knobsOf(TRAINER)[2]!, -0.25, '0.965'],
    [{ ...lr, literal: '1.0' }, 0.25, null],
  ])('%o by %f gives %s', (knob, step, literal) => {
    expect(stepped(knob, step)).toBe(literal);
  });
  test('any position gives a literal within the bounds that reads back to about there', () => {
    const bounds = fc.tuple(
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      fc.double({ min: 1.5, max: 1e6, noNaN: true }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(bounds, fc.double({ min: 0, max: 1, noNaN: true }), ([low, factor, log], at) => {
        const range = { kind: 'range', low, high: low * factor, log, whole: false } as const;
        const literal = literalAt(at, range);
        expect(literal).toMatch(/^\d+(?:\.\d+)?(?:e[-+]\d+)?$/);
        expect(numberOf(literal)!).toBeGreaterThanOrEqual(low);
        expect(numberOf(literal)!).toBeLessThanOrEqual(low * factor);
        const off = log ? 0.06 / Math.log(factor) : 0.006;
        expect(Math.abs(positionOf(literal, range) - at)).toBeLessThan(off);
      }),
    );
  });
});

describe('descriptions', () => {
  test('name their moves so that they can be read back, on one line that is not too long', () => {
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
      fc.property(fc.array(move, { minLength: 1, maxLength: 2 }), fc.string(), (moves, why) => {
        const text = described(moves, why.replaceAll('->', ''));
        expect(movesIn(text)).toEqual(moves);
        expect(text.length).toBeLessThanOrEqual(DESCRIPTION_AT_MOST);
        expect(text).not.toMatch(/[\n\r\t]/);
      }),
    );
  });
  test.each(['baseline', 'rewrite the loop', 'lr -> 2', 'x: y -> z', 'LEARNING_RATE to 3'])(
    '%j names no move',
    (text) => {
      expect(movesIn(text)).toEqual([]);
    },
  );
  test('of a stack proposal are read too', () => {
    expect(movesIn('stack of 000012: DEPTH 2 -> 3: deeper')).toEqual([{ name: 'DEPTH', from: '2', to: '3' }]);
  });
});

describe('the past as trials', () => {
  const past = (change: Partial<Past>): Past => ({
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
  const trials = trialsOf({ past: history, tipBpb: 1.7 }, knobsOf(TRAINER));
  test('know the values of older commits by taking back what was kept', () => {
    expect(trials.map((t) => [t.values.get('LEARNING_RATE'), t.values.get('DEPTH'), t.bpb])).toEqual([
      ['0.1', '1', 2],
      ['0.1', '5', 2.5],
      ['0.1', '2', 1.8],
      ['1.0', '2', null],
      ['0.01', '2', 1.7],
    ]);
  });
  test('say what each gained on its base', () => {
    expect(trials.map((t) => t.gain && Math.round(t.gain * 10) / 10)).toEqual([0, -0.5, 0.2, null, 0.1]);
  });
  test('hold at least the tip, though nothing of the past can be read', () => {
    expect(
      trialsOf({ past: [past({ description: '?', valBpb: 3, baseBpb: 9 })], tipBpb: 1.7 }, knobsOf(TRAINER)),
    ).toMatchObject([{ bpb: 1.7, moves: [] }]);
  });
});

describe('the reason for a move', () => {
  const [lr, , , activation] = knobsOf(TRAINER);
  const after = (description: string, gain: number | null) => [
    { moves: movesIn(description), values: new Map<string, string>(), bpb: 1, gain },
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

describe.each(['builtin', 'random', 'null'] as const)('the %s proposer', (kind) => {
  test('says the same for the same brief, and something else for another id', async () => {
    const [a, b, c] = await Promise.all([
      ideas(kind, brief()),
      ideas(kind, brief()),
      ideas(kind, brief({ next: 2 })),
    ]);
    expect(a).toEqual(b);
    if (kind !== 'builtin') expect(c).not.toEqual(a);
  });
  test('gives the same ideas whether asked for three at once or one after the other', async () => {
    const together = await ideas(kind, brief(), 3);
    const single: Idea[] = [];
    for (let i = 0; i < 3; i++)
      single.push(
        ...(await ideas(
          kind,
          brief({
            next: 1 + i,
            open: single.map((s) => s.description),
            tried: (t) => t === TRAINER || single.some((s) => s.trainPy === t),
          }),
        )),
      );
    expect(single).toEqual(together);
    expect(new Set(together.map((i) => i.trainPy)).size).toBe(3);
  });
  test('never proposes what was tried, and says so when nothing is left', async () => {
    const small = 'FLAG = True  # one of: True, False\nN = 1  # range: 1 .. 3\n';
    const seen = new Set([small]);
    for (let next = 1; next <= 50; next++) {
      const [idea] = await ideas(kind, brief({ trainPy: small, next, tried: (t) => seen.has(t) }));
      if (!idea) break;
      expect(seen.has(idea.trainPy)).toBe(false);
      seen.add(idea.trainPy);
    }
    if (kind === 'null') return expect(seen.size).toBe(51);
    expect(seen.size).toBeGreaterThanOrEqual(kind === 'builtin' ? 6 : 4);
    const end = await proposerOf(kind).propose(
      brief({ trainPy: small, next: 51, tried: (t) => seen.has(t) }),
      1,
      never,
    );
    expect(end).toMatchObject({ kind: 'none', retry: false, sentence: expect.stringMatching(/use|mark/) });
  });
  test('bases its ideas on the tip and describes them on one short line', async () => {
    for (const idea of await ideas(kind, brief(), 5)) {
      expect(idea).toMatchObject({ base: 'a'.repeat(40), source: 'builtin', stackOf: null });
      expect(idea.description).toMatch(/^[^\n]{1,120}$/);
      expect(idea.hypothesis).toMatch(/\.$/);
    }
  });
  test('changes nothing but constants, or comments if it is the null one', async () => {
    const code = (text: string) =>
      text
        .split('\n')
        .map((line) => line.split('#')[0]!.trimEnd())
        .filter(Boolean);
    const shape = (text: string) => code(text).map((line) => line.split('=')[0]);
    for (const idea of await ideas(kind, brief(), 8)) {
      expect(shape(idea.trainPy)).toEqual(shape(TRAINER));
      if (kind === 'null') expect(code(idea.trainPy)).toEqual(code(TRAINER));
      else expect(code(idea.trainPy)).not.toEqual(code(TRAINER));
    }
  });
  test('has an answer to a file without constants, an empty one and a broken one', async () => {
    for (const trainPy of ['', 'print(1)\n', '"""\nA = 1  # range: 0 .. 2\n', 'A = \0\n'.repeat(100)]) {
      const proposed = await proposerOf(kind).propose(brief({ trainPy, tried: () => false }), 1, never);
      expect(proposed.kind).toBe(kind === 'null' ? 'ideas' : 'none');
    }
  });
});

test('the null proposer replaces its comment where one was kept', async () => {
  const [first] = await ideas('null', brief());
  const [second] = await ideas(
    'null',
    brief({ trainPy: first!.trainPy, next: 2, tried: (t) => t === first!.trainPy }),
  );
  expect(second!.trainPy).toBe(`${TRAINER}# null 000002\n`);
});

describe('repairs', () => {
  const fix = async (trainPy: string, tail: string) =>
    proposerOf('builtin').fix({ experiment: '000001', description: '', trainPy, reason: '', tail }, never);
  const at = (line: number, error: string, file = '/run/work/train.py') =>
    `Traceback (most recent call last):\n  File "${file}", line ${line}, in <module>\n    x\n${error}`;
  const two = (line: string) => `import prepare\n${line}\n`;
  test.each([
    [
      'a name that Python guesses',
      'x = leanring_rate',
      "NameError: name 'leanring_rate' is not defined. Did you mean: 'learning_rate'?",
      'x = learning_rate',
    ],
    [
      'a name one slip away from one in the file',
      'width = 1; x = wdith',
      "NameError: name 'wdith' is not defined",
      'width = 1; x = width',
    ],
    [
      'an attribute that Python guesses',
      'y = h.colse()',
      "AttributeError: 'H' object has no attribute 'colse'. Did you mean: 'close'?",
      'y = h.close()',
    ],
    [
      'a keyword that Python guesses',
      'f(widht=1)',
      "TypeError: f() got an unexpected keyword argument 'widht'. Did you mean 'width'?",
      'f(width=1)',
    ],
    ['a missing colon', 'if x > 1  # big', "SyntaxError: expected ':'", 'if x > 1:  # big'],
    [
      'a bracket that is never closed',
      'def f(a, (b, c):',
      "SyntaxError: '(' was never closed",
      'def f(a, (b, c)):',
    ],
  ])('%s', async (_, line, error, repaired) => {
    expect(await fix(two(line), at(2, error))).toBe(two(repaired));
  });
  test('a forgotten import is added before the first', async () => {
    expect(
      await fix(
        '"""Doc."""\nfrom __future__ import annotations\nimport prepare\nx = math.pi\n',
        at(4, "NameError: name 'math' is not defined. Did you forget to import 'math'?"),
      ),
    ).toBe('"""Doc."""\nfrom __future__ import annotations\nimport math\nimport prepare\nx = math.pi\n');
  });
  test.each([
    [
      'a name like nothing in the file',
      two('x = frobnicate'),
      at(2, "NameError: name 'frobnicate' is not defined"),
    ],
    [
      'a name like two others',
      two('widths = width = 1; x = widthz'),
      at(2, "NameError: name 'widthz' is not defined"),
    ],
    [
      'a wrong word that stands twice on the line',
      two('x = foo(foo)'),
      at(2, "NameError: name 'foo' is not defined. Did you mean: 'fob'?"),
    ],
    [
      'an error in another file',
      two('x = 1'),
      at(2, "NameError: name 'foo' is not defined. Did you mean: 'fob'?", '/usr/lib/numpy.py'),
    ],
    ['shapes that do not fit', two('a @ b'), at(2, 'ValueError: shapes (2,3) and (4,5) not aligned')],
    [
      'a line that is not there',
      two('x'),
      at(99, "NameError: name 'foo' is not defined. Did you mean: 'fob'?"),
    ],
    ['a bracket beside a string', two('print("("'), at(2, "SyntaxError: '(' was never closed")],
    ['a bracket left open at the end of the line', two('x = f('), at(2, "SyntaxError: '(' was never closed")],
    ['no traceback', two('x'), 'Killed'],
    ['an empty file', '', ''],
  ])('none for %s', async (_, trainPy, tail) => {
    expect(await fix(trainPy, tail)).toBeNull();
  });
  test('any tail gets an answer: null, or a file with at most one line changed or added', async () => {
    const words = fc.array(
      fc.constantFrom(
        '  File "train.py", line ',
        '1',
        '2',
        '\n',
        "NameError: name 'math' is not defined",
        "SyntaxError: '(' was never closed",
        'x',
        '(',
        ':',
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(words, async (parts) => {
        const file = two('def f(a:');
        const repaired = await fix(file, parts.join(''));
        const lines = new Set(file.split('\n'));
        if (repaired !== null)
          expect(repaired.split('\n').filter((line) => !lines.has(line)).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
