import { expect, it } from 'vitest';
import { UnseenParts } from '../../controller/loop/unseen-parts.ts';
import { attempts, finished, lost } from '../core/trials.ts';

const asked = (part: number) => ({ unseen: { part, parts: 9, bpb: 1, gap: 0, error: 0.01 } });
const unasked = attempts(finished(1))[0]!;
const answered = (part: number) => attempts(finished(1, asked(part)))[0]!;

it('gives each run that lives a part of its own, the same one however often it is launched', () => {
  const parts = new UnseenParts();
  expect(['1', '2', '1', '3'].map((id) => parts.reserve(id, 1))).toEqual([0, 1, 0, 2]);
  expect(parts.reserve('1', 2)).toBe(3);
});

it('gives a part again where its run was not asked, and never one that was', () => {
  const parts = new UnseenParts();
  for (const id of ['1', '2', '3']) parts.reserve(id, 1);
  parts.ended('1', unasked);
  parts.ended('2', answered(1));
  expect(['4', '5'].map((id) => parts.reserve(id, 1))).toEqual([0, 3]);
  parts.ended('4', answered(0));
  parts.ended('3', unasked);
  expect(parts.reserve('6', 1)).toBe(2);
});

it('counts the part of a run that left no result as spent', () => {
  const parts = new UnseenParts();
  parts.reserve('1', 1);
  parts.ended('1', attempts(lost('gone'))[0]!);
  expect(parts.reserve('2', 1)).toBe(1);
});

it('takes what decisions of before name as spent, in whatever order they are read', () => {
  const parts = new UnseenParts();
  for (const unseenParts of ['', '3 0', '1']) parts.decided({ unseenParts });
  expect(['1', '2', '3'].map((id) => parts.reserve(id, 1))).toEqual([2, 4, 5]);
});

it('takes the part that a run adopted after a restart was asked as spent', () => {
  const parts = new UnseenParts();
  parts.ended('1', answered(0));
  expect(parts.reserve('2', 1)).toBe(1);
});
