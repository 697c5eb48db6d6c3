// What becomes of a person's way back from a keep, and of what was made on it.
import { expect, test } from 'vitest';
import type { Lane, Source } from '../../controller/core/experiment.ts';
import type { Outcome } from '../../controller/core/outcome.ts';
import { frontierFiles } from '../../controller/core/retraction.ts';
import { judge, type Tip } from '../../controller/core/verdict.ts';
import { attempts, crashed, finished, lane, lost, standing, TIP } from './trials.ts';

/** Of what the attempts measure. */
const SAME = 'a'.repeat(64);
const NEWER = 'b'.repeat(64);
const GONE = 'b'.repeat(40);

interface Case {
  readonly name: string;
  readonly source?: Source;
  readonly base?: string;
  readonly baseBpb?: number;
  readonly tip: Tip;
  readonly policy?: Partial<Lane>;
  readonly end: Outcome;
  readonly says: string;
}

const back = { source: 'retract', tip: standing(1, [SAME, NEWER]) } as const;
const onGone = { base: GONE, baseBpb: 0.8, tip: standing(1, [], [GONE]) };

const cases: readonly Case[] = [
  { name: 'a person goes back to it', ...back, end: finished(1.5), says: 'keep retracted' },
  { name: 'it is lower even', ...back, end: finished(0.5), says: 'keep retracted' },
  { name: 'wins are confirmed', ...back, policy: { confirm: 2 }, end: finished(0.9), says: 'keep retracted' },
  { name: 'it crashes', ...back, end: crashed('nan'), says: 'crash nan' },
  { name: 'it is lost', ...back, end: lost('drained'), says: 'again lost' },
  {
    name: 'another card measured it',
    ...back,
    end: finished(0.9, { gpu: 'another card' }),
    says: 'discard conditions',
  },
  {
    name: 'it had to be sealed',
    ...back,
    policy: { requireSealed: true },
    end: finished(0.9, { sealed: 'none' }),
    says: 'crash unsealed',
  },
  {
    name: 'it is the tip itself',
    ...back,
    tip: standing(1, [SAME]),
    end: finished(1.5),
    says: 'discard identical',
  },
  { name: 'it never was kept', ...back, tip: standing(1), end: finished(1.5), says: 'discard worse' },
  { name: 'it beats the tip with what is gone', ...onGone, end: finished(0.9), says: 'discard worse' },
  { name: 'it gains on what is gone', ...onGone, end: finished(0.7), says: 'discard stale' },
  { name: 'it is no gain on what is gone', ...onGone, end: finished(1.2), says: 'discard worse' },
  { name: 'it was made before', ...onGone, base: TIP, end: finished(0.9), says: 'keep better' },
];

test.each(cases)('a retraction, where $name, says $says', (c) => {
  const { source = 'builtin', base = TIP, baseBpb = 1 } = c;
  const results = attempts(c.end);
  const trial = { experiment: '000009', source, base, baseBpb, results, unfixable: false };
  const said = judge(trial, c.tip, { ...lane, ...c.policy });
  expect(said.kind === 'verdict' ? `${said.status} ${said.reason}` : `again ${said.cause}`).toBe(c.says);
});

const kept = (commit: string, trainSha256: string, source: Source = 'builtin') => ({
  commit,
  trainSha256,
  source,
});

test.each<[string, ReturnType<typeof kept>[], string[]]>([
  ['nothing before a retraction', [kept('0', 'x'), kept('1', 'y')], []],
  [
    'what is between',
    [kept('0', 'x'), kept('1', 'y'), kept('2', 'z'), kept('3', 'x', 'retract')],
    ['1', '2'],
  ],
  ['not the file that was gone back to', [kept('0', 'x'), kept('1', 'y'), kept('2', 'x', 'retract')], ['1']],
  [
    'a retraction that was retracted, too',
    [kept('0', 'x'), kept('1', 'y'), kept('2', 'x', 'retract'), kept('3', 'y', 'retract')],
    ['1', '2'],
  ],
  [
    'not what is kept afterwards',
    [kept('0', 'x'), kept('1', 'y'), kept('2', 'x', 'retract'), kept('3', 'w')],
    ['1'],
  ],
])('withdrawn is %s', (_, all, withdrawn) => {
  expect([...frontierFiles(all).withdrawn]).toEqual(withdrawn);
});
