// Files that are made from the sources say what the sources say.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { keysOf } from './docs/schema-keys.ts';
import { item, wrapped } from './docs/wrapped.ts';
import { generated, stateOf } from './generated.ts';

test.each(generated.map((file) => [file.path, file] as const))('%s is current', async (path, file) => {
  const state = await stateOf(file);
  expect(state, `${path} is made from the sources: npm run verify -- --write makes it anew`).not.toBe(
    'stale',
  );
});

test('a key without a meaning is no key of the page', () => {
  const schema = z.strictObject({ outer: z.strictObject({ key: z.string() }).describe('All of it.') });
  expect(() => keysOf(schema)).toThrow('outer.key has no meaning; give its schema a .describe()');
});

test('keys of mappings, of lists and of what may be null are told one by one', () => {
  const inner = z.strictObject({ key: z.number().describe('One.') });
  const schema = z.strictObject({
    mapping: inner.prefault({ key: 1 }).describe('A mapping.'),
    list: z.array(inner).default([]).describe('A list.'),
    perhaps: inner.nullable().default(null).describe('Perhaps.'),
  });
  expect(keysOf(schema)).toMatchObject([
    { path: 'mapping', type: 'mapping', required: false },
    { path: 'mapping.key', type: 'number', required: true },
    { path: 'list', type: 'list of mappings', default: [] },
    { path: 'list[].key' },
    { path: 'perhaps', type: 'mapping or null', default: null },
    { path: 'perhaps.key' },
  ]);
});

test('lines end at the hundredth column, and code is not torn apart', () => {
  const text = `${'word '.repeat(30)}\`some code of several words\` ${'word '.repeat(30)}`;
  const lines = item(text).split('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines.some((line) => line.includes('`some code of several words`'))).toBe(true);
  expect(lines.slice(1).every((line) => /^ {2}[w`]/.test(line))).toBe(true);
  expect(wrapped('a  b')).toBe('a b');
});
