import { expect, it } from 'vitest';
import { clocksOf } from '../../controller/core/clocks.ts';
import { draftLike } from '../contract/drafts.ts';

const clocks = { budgetSeconds: 300, startSeconds: 600, wallSeconds: 600 };
const baseline = (trainingSeconds: number, status: 'keep' | 'crash' = 'keep') => ({
  ...draftLike({ trainingSeconds, status }),
  commit: '1'.repeat(40),
});

it.each([
  ['before the baseline has settled the wall is the bound', undefined, 600],
  ['a baseline that crashed teaches nothing', baseline(301, 'crash'), 600],
  ['one that started at once leaves the grace of two seconds', baseline(300), 302],
  ['one that started slowly leaves twice its start-up and the grace', baseline(310), 322],
  ['one that was faster than its budget takes nothing away', baseline(250), 302],
  ['one that started very slowly leaves no more than the wall', baseline(590), 600],
  ['the bound has one decimal', baseline(300.123), 302.2],
])('%s', (_, decision, startSeconds) => {
  expect(clocksOf(clocks, decision)).toEqual({ ...clocks, startSeconds });
});
