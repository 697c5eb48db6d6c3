import { expect, it } from 'vitest';
import { clocksOf } from '../../controller/loop/clocks.ts';
import { draftLike } from '../contract/drafts.ts';

const clocks = { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 };
const baseline = (trainingSeconds: number, status: 'keep' | 'crash' = 'keep') => ({
  ...draftLike({ trainingSeconds, status }),
  commit: '1'.repeat(40),
});

it.each([
  ['before the baseline has settled the wall is the bound', undefined, 600],
  ['a baseline that crashed teaches nothing', baseline(301, 'crash'), 600],
  ['one that started at once leaves a twentieth of the budget', baseline(300), 315],
  ['one that started soon leaves its start-up and a twentieth of the budget', baseline(310), 325],
  ['one that started slowly leaves twice its start-up', baseline(360), 420],
  ['one that was faster than its budget takes nothing away', baseline(250), 315],
  ['one that started very slowly leaves no more than the wall', baseline(590), 600],
  ['the bound has one decimal, and is never below', baseline(300.123), 315.2],
])('%s', (_, decision, startSeconds) => {
  expect(clocksOf(clocks, decision)).toEqual({ ...clocks, startSeconds });
});

it.each([
  [5, 5.15, 5.7],
  [5, 5.9, 6.8],
  [1, 1.15, 1.7],
  [30, 30.2, 31.7],
])(
  'of a budget of %d s that the baseline began to evaluate after %d s, %d s are the most',
  (budgetSeconds, took, startSeconds) => {
    const small = { budgetSeconds, startSeconds: 120, wallSeconds: 120 };
    expect(clocksOf(small, baseline(took)).startSeconds).toBe(startSeconds);
  },
);
