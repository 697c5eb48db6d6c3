import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TRAIN_PY_BYTES } from '../../controller/intent.ts';
import { apply } from '../../controller/llm/edits.ts';

const file = 'LR = 0.01\nDEPTH = 4\nLR2 = 0.01\n';

describe('edits that are made', () => {
  test.each([
    ['one line', [{ search: 'DEPTH = 4', replace: 'DEPTH = 6' }], 'LR = 0.01\nDEPTH = 6\nLR2 = 0.01\n'],
    ['lines removed', [{ search: 'DEPTH = 4\n', replace: '' }], 'LR = 0.01\nLR2 = 0.01\n'],
    [
      'two, given from the end',
      [
        { search: 'LR2 = 0.01', replace: 'B' },
        { search: 'LR = 0.01\n', replace: 'A\n' },
      ],
      'A\nDEPTH = 4\nB\n',
    ],
    [
      'two that touch',
      [
        { search: 'LR = 0.01\n', replace: 'A\n' },
        { search: 'DEPTH', replace: 'D' },
      ],
      'A\nD = 4\nLR2 = 0.01\n',
    ],
    [
      'one whose replacement looks like the search of another',
      [
        { search: 'LR = 0.01\nD', replace: 'LR2 = 0.01\nD' },
        { search: 'LR2', replace: 'X' },
      ],
      'LR2 = 0.01\nDEPTH = 4\nX = 0.01\n',
    ],
    [
      'a replacement with dollar signs, taken literally',
      [{ search: 'DEPTH = 4', replace: "$& $1 $'" }],
      "LR = 0.01\n$& $1 $'\nLR2 = 0.01\n",
    ],
  ])('%s', (_, edits, text) => {
    expect(apply(file, edits)).toEqual({ kind: 'edited', text });
  });
});

describe('edits that are refused, with a reason and what to do', () => {
  test.each([
    ['no edit at all', [], 'none'],
    ['an empty search', [{ search: '', replace: 'x' }], 'empty'],
    ['a search that is not there', [{ search: 'LR  = 0.01', replace: 'x' }], 'absent'],
    ['other line ends', [{ search: 'LR = 0.01\r\n', replace: 'x' }], 'absent'],
    ['a search that matches twice', [{ search: '= 0.01', replace: 'x' }], 'ambiguous'],
    [
      'edits that overlap',
      [
        { search: 'LR = 0.01\nDEPTH', replace: 'x' },
        { search: 'DEPTH = 4', replace: 'y' },
      ],
      'overlap',
    ],
    [
      'the same edit twice',
      [
        { search: 'DEPTH', replace: 'x' },
        { search: 'DEPTH', replace: 'x' },
      ],
      'overlap',
    ],
    ['an edit that changes nothing', [{ search: 'DEPTH', replace: 'DEPTH' }], 'unchanged'],
    ['a file grown too large', [{ search: 'DEPTH', replace: 'é'.repeat(TRAIN_PY_BYTES / 2) }], 'too_large'],
  ])('%s', (_, edits, reason) => {
    const edited = apply(file, edits);
    expect(edited).toMatchObject({ kind: 'refused', reason });
    expect(edited).toHaveProperty('sentence', expect.stringMatching(/; [a-z]/));
  });
  test('a match that overlaps itself is ambiguous', () => {
    expect(apply('aaa', [{ search: 'aa', replace: 'b' }])).toMatchObject({ reason: 'ambiguous' });
  });
  test('a long search is quoted short', () => {
    const edited = apply(file, [{ search: 'x'.repeat(5000), replace: '' }]);
    expect(edited.kind === 'refused' && edited.sentence.length).toBeLessThan(200);
  });
});

test('replacing a marked place and replacing it back gives the file again, whatever the texts', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string({ unit: 'binary' }), (before, after, inserted) => {
      const [mark, other] = ['<<<mark>>>', `[[[${inserted}]]]`];
      fc.pre(![before, after].some((t) => t.includes(other)) && before.length + after.length > 0);
      const there = apply(`${before}${mark}${after}`, [{ search: mark, replace: other }]);
      expect(there).toEqual({ kind: 'edited', text: `${before}${other}${after}` });
      expect(apply(`${before}${other}${after}`, [{ search: other, replace: mark }])).toEqual({
        kind: 'edited',
        text: `${before}${mark}${after}`,
      });
    }),
  );
});
