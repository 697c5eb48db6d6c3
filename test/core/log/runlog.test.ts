import { expect, test } from 'vitest';
import { printable } from '../../../controller/core/log/runlog.ts';

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
