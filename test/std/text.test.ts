import { describe, expect, test } from 'vitest';
import { bytesIn, oneLine, plainLine, printable, text, utf8 } from '../../controller/std/text.ts';

describe('text comes back from its bytes', () => {
  test.each(['', 'é ✓ 𝒳', '\ufeffimport torch\n', 'a\0b'])('as it was: %j', (said) => {
    expect(text(utf8(said))).toBe(said);
    expect(bytesIn(said)).toBe(Buffer.byteLength(said));
  });
});

describe('on one line', () => {
  test.each([
    ['breaks of every kind', 'a\r\nb\u0085c\u2028d\fe', 'a b c d e'],
    ['runs of white space', '  a \t  b  ', 'a b'],
    ['nothing', '\n \n', ''],
  ])('stand %s', (_, said, line) => {
    expect(oneLine(said)).toBe(line);
    expect(plainLine(said)).toBe(line);
  });

  test('nothing is left that a terminal obeys', () => {
    expect(plainLine('\x1b[31mred\x1b[0m \u202eback')).toBe('red back');
  });

  test.each([
    ['as it is where it is short enough', 'four', 'four'],
    ['up to the last character but one', 'fives', 'fiv…'],
    ['by characters, not halves of them', '𝒳𝒳𝒳𝒳𝒳', '𝒳𝒳𝒳…'],
  ])('it is told %s', (_, said, line) => {
    expect(plainLine(said, 4)).toBe(line);
  });
});

test.each([
  ['a tab stays', 'a\tb', 'a\tb'],
  ['colours and titles go', 'a\x1b[31mb\x1b]0;title\x07c', 'abc'],
  ['controls go, those of eight bits too', 'a\x00\x07\x9bb', 'ab'],
  ['what ends a line for some goes', 'a\u0085b\u2028c\u2029d', 'abcd'],
  ['what turns a line around goes', 'a\u202eb\u202c\u2066c\u2069\u200fd', 'abcd'],
  ['what nobody sees goes', 'a\u00adb\u200bc\u2060d\ufeffe\u{e0041}f', 'abcdef'],
  ['letters of any script stay', 'größer 幅 ширина ١٢ 😀', 'größer 幅 ширина ١٢ 😀'],
  ['half a character is shown as one that is broken', 'a\ud800b', 'a\ufffdb'],
])('%s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});
