import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';

const never = new AbortController().signal;

describe('repairs', () => {
  const fix = async (trainPy: string, tail: string) =>
    proposerOf('builtin').fix({ experiment: '000001', description: '', trainPy, reason: '', tail }, never);
  const at = (line: number, error: string, file = '/run/work/train.py') =>
    `Traceback (most recent call last):\n  File "${file}", line ${line}, in <module>\n    x\n${error}`;
  const two = (line: string) => `import prepare\n${line}\n`;
  test.each([
    [
      'a name that Python guesses',
      'x = leanring_rate',
      "NameError: name 'leanring_rate' is not defined. Did you mean: 'learning_rate'?",
      'x = learning_rate',
    ],
    [
      'a name one slip away from one in the file',
      'width = 1; x = wdith',
      "NameError: name 'wdith' is not defined",
      'width = 1; x = width',
    ],
    [
      'an attribute that Python guesses',
      'y = h.colse()',
      "AttributeError: 'H' object has no attribute 'colse'. Did you mean: 'close'?",
      'y = h.close()',
    ],
    [
      'a keyword that Python guesses',
      'f(widht=1)',
      "TypeError: f() got an unexpected keyword argument 'widht'. Did you mean 'width'?",
      'f(width=1)',
    ],
    ['a missing colon', 'if x > 1  # big', "SyntaxError: expected ':'", 'if x > 1:  # big'],
    [
      'a bracket that is never closed',
      'def f(a, (b, c):',
      "SyntaxError: '(' was never closed",
      'def f(a, (b, c)):',
    ],
  ])('%s', async (_, line, error, repaired) => {
    expect(await fix(two(line), at(2, error))).toBe(two(repaired));
  });
  test('a forgotten import is added before the first', async () => {
    expect(
      await fix(
        '"""Doc."""\nfrom __future__ import annotations\nimport prepare\nx = math.pi\n',
        at(4, "NameError: name 'math' is not defined. Did you forget to import 'math'?"),
      ),
    ).toBe('"""Doc."""\nfrom __future__ import annotations\nimport math\nimport prepare\nx = math.pi\n');
  });
  test.each([
    [
      'a name like nothing in the file',
      two('x = frobnicate'),
      at(2, "NameError: name 'frobnicate' is not defined"),
    ],
    [
      'a name like two others',
      two('widths = width = 1; x = widthz'),
      at(2, "NameError: name 'widthz' is not defined"),
    ],
    [
      'a wrong word that stands twice on the line',
      two('x = foo(foo)'),
      at(2, "NameError: name 'foo' is not defined. Did you mean: 'fob'?"),
    ],
    [
      'an error in another file',
      two('x = 1'),
      at(2, "NameError: name 'foo' is not defined. Did you mean: 'fob'?", '/usr/lib/numpy.py'),
    ],
    ['shapes that do not fit', two('a @ b'), at(2, 'ValueError: shapes (2,3) and (4,5) not aligned')],
    [
      'a line that is not there',
      two('x'),
      at(99, "NameError: name 'foo' is not defined. Did you mean: 'fob'?"),
    ],
    ['a bracket beside a string', two('print("("'), at(2, "SyntaxError: '(' was never closed")],
    ['a bracket left open at the end of the line', two('x = f('), at(2, "SyntaxError: '(' was never closed")],
    ['no traceback', two('x'), 'Killed'],
    ['an empty file', '', ''],
  ])('none for %s', async (_, trainPy, tail) => {
    expect(await fix(trainPy, tail)).toBeNull();
  });
  test('any tail gets an answer: null, or a file with at most one line changed or added', async () => {
    const words = fc.array(
      fc.constantFrom(
        '  File "train.py", line ',
        '1',
        '2',
        '\n',
        "NameError: name 'math' is not defined",
        "SyntaxError: '(' was never closed",
        'x',
        '(',
        ':',
      ),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(words, async (parts) => {
        const file = two('def f(a:');
        const repaired = await fix(file, parts.join(''));
        const lines = new Set(file.split('\n'));
        if (repaired !== null)
          expect(repaired.split('\n').filter((line) => !lines.has(line)).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
