import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge } from '../../controller/loop/merge.ts';

const base = 'a = 1\n\nb = 2\n\nc = 3\n';

describe('a three-way merge', () => {
  it.each([
    [
      'edits of different lines stand side by side',
      'a = 9\n\nb = 2\n\nc = 3\n',
      'a = 1\n\nb = 2\n\nc = 7\n',
      'a = 9\n\nb = 2\n\nc = 7\n',
    ],
    [
      'the same line changed in two ways is a conflict',
      'a = 9\n\nb = 2\n\nc = 3\n',
      'a = 8\n\nb = 2\n\nc = 3\n',
      null,
    ],
    [
      'the same change on both sides is one',
      'a = 9\n\nb = 2\n\nc = 3\n',
      'a = 9\n\nb = 2\n\nc = 7\n',
      'a = 9\n\nb = 2\n\nc = 7\n',
    ],
    [
      'a line that one side deleted and the other changed is a conflict',
      '\nb = 2\n\nc = 3\n',
      'a = 8\n\nb = 2\n\nc = 3\n',
      null,
    ],
    [
      'what one side deleted stays deleted',
      '\nb = 2\n\nc = 3\n',
      'a = 1\n\nb = 2\n\nc = 7\n',
      '\nb = 2\n\nc = 7\n',
    ],
    [
      'what both sides added in one place is a conflict',
      'x\na = 1\n\nb = 2\n\nc = 3\n',
      'y\na = 1\n\nb = 2\n\nc = 3\n',
      null,
    ],
    ['a missing newline at the end is kept', 'a = 9\n\nb = 2\n\nc = 3', base, 'a = 9\n\nb = 2\n\nc = 3'],
    [
      'carriage returns are kept',
      'a = 9\r\n\nb = 2\n\nc = 3\n',
      'a = 1\n\nb = 2\n\nc = 7\n',
      'a = 9\r\n\nb = 2\n\nc = 7\n',
    ],
    ['all of the file rewritten on both sides is a conflict', 'x\n', 'y\n', null],
  ])('%s', (_, ours, theirs, merged) => {
    expect(merge(ours, base, theirs)).toBe(merged);
    expect(merge(theirs, base, ours)).toBe(merged);
  });

  const file = fc.array(fc.constantFrom('a', 'b', 'c', '', ' '), { maxLength: 12 }).map((l) => l.join('\n'));

  it('with a side that changed nothing is the other side, byte for byte', () => {
    fc.assert(
      fc.property(file, file, (from, edited) => {
        expect(merge(from, from, edited)).toBe(edited);
        expect(merge(edited, from, from)).toBe(edited);
        expect(merge(edited, from, edited)).toBe(edited);
      }),
    );
  });

  it('holds no line that is in none of the three', () => {
    fc.assert(
      fc.property(file, file, file, (ours, from, theirs) => {
        const known = new Set([ours, from, theirs].flatMap((f) => f.split('\n')));
        for (const line of merge(ours, from, theirs)?.split('\n') ?? []) expect(known).toContain(line);
      }),
    );
  });
});
