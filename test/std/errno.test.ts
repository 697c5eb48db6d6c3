import { describe, expect, test } from 'vitest';
import { codeOf, inWords, refusal, remedy } from '../../controller/std/errno.ts';

const refused = (code: unknown) => Object.assign(new Error('refused'), { code });

describe('what a person is told when the machine refuses', () => {
  test.each([
    'ENOSPC',
    'EDQUOT',
    'EROFS',
    'EACCES',
    'EPERM',
    'ENOTSUP',
    'EXDEV',
    'ENOTDIR',
    'EEXIST',
    'EISDIR',
    'EFBIG',
    'EIO',
    'EMFILE',
    'ENFILE',
    'EAGAIN',
    'ENOMEM',
  ])('names the path and %s, and ends with what to do', (code) => {
    const words = new RegExp(
      `^/there cannot be used: .*[(]${code}[)]; (free|choose|change|mount|move|raise|close|keep|check) `,
    );
    expect(remedy(refused(code), '/there')).toMatch(words);
  });

  test.each([
    ['our own mistake', new TypeError('no')],
    ['a word that no person can mend', refused('EINVAL')],
    ['a file that is not there', refused('ENOENT')],
    ['a word of every object', refused('toString')],
    ['a number', refused(5)],
    ['no error at all', 'ENOSPC'],
  ])('is nothing for %s', (_, error) => {
    expect(remedy(error, '/there')).toBeNull();
  });

  test('has the word of the system, where there is one', () => {
    expect([refused('ENOENT'), refused(5), new Error('no'), null].map(codeOf)).toEqual([
      'ENOENT',
      '',
      '',
      '',
    ]);
  });
});

describe('of an error that was thrown', () => {
  const thrown = (more: object) =>
    Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', ...more });

  test.each([
    [
      'a system call on a file',
      thrown({ syscall: 'open', path: '/there' }),
      /^\/there cannot be used: the disk is full/,
    ],
    [
      'a write, which names no file',
      thrown({ syscall: 'write' }),
      /^a file cannot be used: the disk is full .*free some space/,
    ],
  ])('the words are those of %s', (_, error, words) => {
    expect(refusal(error)).toMatch(words);
    expect(inWords(error)).toMatch(words);
  });

  test('one that has words of its own keeps them', () => {
    expect(refusal(thrown({}))).toBeNull();
    expect(inWords(thrown({}))).toBe('ENOSPC: no space left');
    expect(inWords('gone')).toBe('gone');
  });
});
