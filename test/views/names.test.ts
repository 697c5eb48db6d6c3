// What a person may call an experiment.
import { expect, test } from 'vitest';
import type { Decision } from '../../controller/core/decision.ts';
import { named } from '../../controller/views/names.ts';
import { draftLike } from '../contract/drafts.ts';

const decided = (n: number, commit: string, change: object): Decision => ({
  ...draftLike({ experiment: String(n).padStart(6, '0'), ...change }),
  commit: commit.repeat(40).slice(0, 40),
});

const decisions = [
  decided(0, 'a', { status: 'keep', valBpb: 2.5 }),
  decided(1, '1', { status: 'discard', valBpb: 2.7 }),
  decided(3, 'c', { status: 'keep', valBpb: 2.3 }),
  decided(2, 'd', { status: 'keep', valBpb: 2.4 }),
];
const open = ['000004', '000007'];

test.each<[string, string[]]>([
  ['1', ['000001']],
  ['000001', ['000001']],
  ['4', ['000004']],
  ['1111111', ['000001']],
  ['ccccccc', ['000003']],
  ['baseline', ['000000']],
  ['best', ['000003']],
  ['tip', ['000002']],
  ['last', ['000002']],
  ['1..3', ['000001', '000002', '000003']],
  ['3..20', ['000003', '000004', '000007']],
  ['5..6', []],
  ['5', []],
  ['ccc', []],
  ['bset', []],
  ['', []],
  ['3..', []],
])('%j names %j', (which, experiments) => {
  const found = named(which, decisions, open, 'd'.repeat(40));
  if (experiments.length > 0) expect(found).toEqual({ kind: 'named', experiments });
  else expect(found).toMatchObject({ kind: 'refused', sentence: expect.stringContaining('3..20') });
});
