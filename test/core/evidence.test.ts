import { describe, expect, test } from 'vitest';
import { Evidence, isEvidence } from '../../controller/core/evidence.ts';

const worse = {
  experiment: '000001',
  status: 'discard',
  reason: 'worse',
  error: '',
  sealed: 'landlock',
  trainSha256: 'a',
  proposedSha256: 'a',
} as const;
const lost = { ...worse, status: 'crash', reason: 'lost', error: 'lost:evicted', sealed: '' } as const;
const conditions = { ...worse, reason: 'conditions' } as const;
const unsealed = {
  ...worse,
  status: 'crash',
  reason: 'unsealed',
  error: 'unsealed',
  sealed: 'none',
} as const;

describe('a decision', () => {
  const cases = [
    ['that it is worse', worse, true],
    ['that it is kept', { ...worse, status: 'keep', reason: 'better' }, true],
    ['that it crashed', { ...worse, status: 'crash', reason: 'oom', error: 'oom' }, true],
    ['that the machine lost it', lost, false],
    ['that another machine measured it', conditions, false],
    ['that no machine sealed it', unsealed, false],
    ['on a sealed crash that calls itself unsealed', { ...unsealed, sealed: 'landlock' }, true],
    [
      'on a crash that calls itself conditions',
      { ...worse, status: 'crash', reason: 'conditions', error: 'conditions' },
      true,
    ],
  ] as const;
  test.each(cases)('%s: %o says something about the idea: %s', (_, decision, says) => {
    expect(isEvidence(decision)).toBe(says);
  });
});

describe.each([
  ['lost', lost],
  ['measured elsewhere', conditions],
  ['not sealed', unsealed],
] as const)('a file that was %s', (_, failed) => {
  const of = (...decisions: Parameters<Evidence['add']>[0][]) => {
    const evidence = new Evidence();
    for (const [i, decision] of decisions.entries())
      evidence.add({ ...decision, experiment: `00000${i + 1}` });
    return evidence;
  };
  test('may be proposed again', () => {
    const evidence = of(failed);
    expect([evidence.measured('a'), evidence.bars('a'), evidence.inconclusive]).toEqual([
      false,
      false,
      ['000001'],
    ]);
  });
  test('in two experiments is proposed no more, though it was not measured', () => {
    const evidence = of(failed, failed);
    expect([evidence.measured('a'), evidence.bars('a'), evidence.inconclusive]).toEqual([false, true, []]);
  });
  test.each([
    ['before', [worse, failed]],
    ['after', [failed, worse]],
  ] as const)('and %s that was measured is barred', (_, decisions) => {
    const evidence = of(...decisions);
    expect([evidence.measured('a'), evidence.inconclusive]).toEqual([true, []]);
  });
  test('as the repair of another says of that one that it crashed', () => {
    const evidence = of({ ...failed, proposedSha256: 'broken' });
    expect([evidence.measured('broken'), evidence.bars('a')]).toEqual([true, false]);
  });
});
