// A long list that is handed out without being copied: it stays what it was.
import { expect, test } from 'vitest';
import { KeysSoFar } from '../../controller/std/keys-so-far.ts';

test('what is added later is in lists of then, and in none of before', () => {
  const places = new Map([
    ['a', 0],
    ['b', 1],
  ]);
  const before = new KeysSoFar(places, new Set(['c']));
  places.set('c', 2).set('d', 3);
  const after = new KeysSoFar(places, new Set(['d', 'e']));
  expect([...before]).toEqual(['a', 'b', 'c']);
  expect(['a', 'c', 'd'].map((key) => before.includes(key))).toEqual([true, true, false]);
  expect([...after]).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(JSON.stringify(before)).toBe('["a","b","c"]');
});
