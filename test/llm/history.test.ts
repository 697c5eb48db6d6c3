// The table of all experiments: everything that was changed is in it, at any length, and full blocks never change.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PastExperiment } from '../../controller/brief.ts';
import { BLOCK, tableOf, tokensAtMost } from '../../controller/llm/history.ts';
import { sequence } from '../sim/dice.ts';

const plain = (said: string) => said;
const NAMES = [
  'LEARNING_RATE',
  'EMBED_LR',
  'WARMDOWN_RATIO',
  'WEIGHT_DECAY',
  'DEPTH',
  'HEAD_DIM',
  'ADAM_BETAS',
];

/** A night: descriptions of a hundred characters and more, hypotheses, steps and memory. */
function night(rows: number): PastExperiment[] {
  const dice = sequence(3);
  let tip = 0.998;
  return Array.from({ length: rows }, (_, i) => {
    const name = NAMES[Math.floor(dice() * NAMES.length)]!;
    const change = dice() < 0.2 ? -0.001 * dice() : 0.012 * dice();
    const crashed = i > 0 && dice() < 0.06;
    const valBpb = crashed ? null : tip + change;
    const baseBpb = i === 0 ? null : tip;
    const status = crashed ? 'crash' : i === 0 || change < 0 ? 'keep' : 'discard';
    if (status === 'keep') tip += change;
    return {
      experiment: String(i).padStart(6, '0'),
      description: `#${i}# ${name}: change it from ${dice().toFixed(4)} to ${dice().toFixed(4)} because the schedule ends too early for this depth`,
      source: 'anthropic',
      ...{ status, valBpb, baseBpb, reason: '', error: crashed ? 'oom' : '' },
      hypothesis: 'The rate falls before the model has learnt all that it can at this depth and width.',
      ...{ parent: '000000', steps: 800 + i, memoryMb: 40_000 + i },
    };
  });
}

test('what was changed is told of each of six hundred experiments, within forty thousand tokens', () => {
  const { blocks, since } = tableOf(night(600), plain);
  const table = [...blocks, ...since].join('\n');
  const whole = [...table.matchAll(/#(\d+)# \w+: change it from 0\.\d{4} to [01]\.\d{4}/g)];
  expect(new Set(whole.map(([, id]) => id)).size).toBe(600);
  expect(tokensAtMost(table)).toBeLessThanOrEqual(40_000);
});

test('however long descriptions are, a block has its bound', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 400 });
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word), { minLength: 20, maxLength: 20 }), (said) => {
      const past = night(20).map((p, i) => ({ ...p, description: said[i]![0], hypothesis: said[i]![1] }));
      expect(tokensAtMost(tableOf(past, plain).blocks[0]!)).toBeLessThanOrEqual(2000);
    }),
    { numRuns: 50 },
  );
});

test('a full block stays as it is, whatever comes after', () => {
  const past = night(95);
  const all = tableOf(past, plain).blocks;
  for (let n = 0; n <= past.length; n++) {
    const { blocks, since } = tableOf(past.slice(0, n), plain);
    expect(blocks).toEqual(all.slice(0, Math.floor(n / BLOCK)));
    expect(since).toHaveLength(n % BLOCK);
  }
});

// Of a tokenizer of 100,000 entries and more it is known that a frequent word is one token, and a rare one a few.
describe('tokens are counted high rather than low:', () => {
  test.each([
    ['LEARNING_RATE: 0.005 -> 0.004', 13],
    ['the schedule ends too early', 7],
    ['', 0],
    ['学习率', 3],
  ])('%s', (text, most) => {
    expect(tokensAtMost(text)).toBe(most);
  });
});
