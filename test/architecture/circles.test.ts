import { expect, test } from 'vitest';
import { circlesIn, floorsOf, graphOf } from './circles.ts';
import { fileGraph, roomGraph, unusedArrows } from './rooms.ts';
import { rules } from './rules.ts';

test.each<[string, [string, string][], string[][]]>([
  [
    'a tree',
    [
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ],
    [],
  ],
  ['what imports itself', [['a', 'a']], []],
  [
    'two that import each other',
    [
      ['a', 'b'],
      ['b', 'a'],
    ],
    [['a', 'b', 'a']],
  ],
  [
    'the shorter of two ways round',
    [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'c'],
      ['c', 'd'],
      ['d', 'a'],
    ],
    [
      ['a', 'b', 'a'],
      ['c', 'd', 'a', 'b', 'c'],
    ],
  ],
  [
    'two circles',
    [
      ['a', 'b'],
      ['b', 'a'],
      ['c', 'd'],
      ['d', 'c'],
    ],
    [
      ['a', 'b', 'a'],
      ['c', 'd', 'c'],
    ],
  ],
  [
    'what only leads to a circle',
    [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ],
    [['b', 'c', 'b']],
  ],
])('%s', (_, edges, circles) => {
  expect(circlesIn(graphOf(edges))).toEqual(circles);
});

test('a floor is one above the highest that is imported', () => {
  const floors = floorsOf(
    graphOf([
      ['loop', 'ports'],
      ['ports', 'core'],
      ['loop', 'core'],
      ['cli', 'loop'],
    ]),
  );
  expect(Object.fromEntries(floors)).toEqual({ core: 0, ports: 1, loop: 2, cli: 3 });
});

test('a circle has no floors, and is named', () => {
  expect(() =>
    floorsOf(
      graphOf([
        ['a', 'b'],
        ['b', 'a'],
      ]),
    ),
  ).toThrow('a -> b -> a');
});

const types = new Map([
  ['controller/core/a.ts', `import type { B } from './log/b.ts';\nexport type A = B;`],
  ['controller/core/log/b.ts', `import type { A } from '../a.ts';\nexport type B = A;`],
]);

test('an import of a type counts for a circle of files and of rooms', () => {
  expect(circlesIn(fileGraph(types))).toHaveLength(1);
  expect(circlesIn(roomGraph(types, rules))).toEqual([['core', 'core/log', 'core']]);
});

test('Python files make circles, too', () => {
  const files = new Map([
    ['harness/seal/run.py', 'from seal.process import tree'],
    ['harness/seal/process/tree.py', 'def f():\n    from seal import run'],
  ]);
  expect(circlesIn(fileGraph(files))).toHaveLength(1);
});

test('an arrow that no file needs is told', () => {
  const arrows = { core: ['core/log'], 'core/log': ['core', 'ports'], test: ['*', 'test'] };
  expect(unusedArrows(types, { ...rules, arrows })).toEqual(['core/log -> ports']);
});
