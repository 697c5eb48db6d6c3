import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knobsOf, numberOf, withValues } from '../../../controller/adapters/builtin/knobs.ts';
import { literalAt, positionOf, stepped } from '../../../controller/adapters/builtin/scale.ts';
import { TRAINER } from './lanes.ts';

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
    const file = readFileSync(new URL('../../../harness/cpu/train.py', import.meta.url), 'utf8');
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
  test.each([
    ['with a number sign before its end', `"""A trainer.\n\nAfter the idea in issue #7."""`],
    ['with a number sign alone on its line', `'''\n# 7\n'''`],
    ['with the other quotes in it', `"""It's ''' here.\nDone."""`],
    ['with its own end escaped in it', `"""\n\\"""# 7\n"""`],
    ['that ends where another begins', `"""a\nb"""; """c\n#d"""`],
    ['whose quotes stand in a comment after it', `"""a\nb"""  # """ is how it ends`],
    ['whose quotes stand in a string after it', `"""a\nb"""\nQUOTES = "'''" + '"""'`],
  ])('are found after a docstring %s', (_, docstring) => {
    expect(knobsOf(`${docstring}\nB = 1  # range: 0 .. 2\n`).map((k) => k.name)).toEqual(['B']);
  });
  test.each([
    ['after a number sign', `"""\nissue #7\nA = 1\n"""`],
    ['after an escaped end', `"""\nnot yet \\"""\nA = 1\n"""`],
    ['after an end of the other kind', `"""\nnot yet '''\nA = 1\n"""`],
  ])('are not found inside a docstring, %s', (_, docstring) => {
    expect(knobsOf(`${docstring}\nB = 1\n`).map((k) => k.name)).toEqual(['B']);
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
