// The shapes that TypeScript and Python share are written once, in zod; Python's tests read them from harness/*.schema.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sealedSchema } from '../../controller/core/outcome.ts';
import { generated } from '../generated.ts';

const root = join(import.meta.dirname, '..', '..');
const shared = generated.filter(({ path }) => path.startsWith('harness/'));

test.each(shared)('$path is what zod says (`npm run verify -- --write` makes it anew)', async (file) => {
  expect(readFileSync(join(root, file.path), 'utf8')).toBe(await file.make());
});

test('both shapes are among them', () => {
  expect(shared.map(({ path }) => path)).toEqual([
    'harness/intent.schema.json',
    'harness/result.schema.json',
  ]);
});

test('the schema names every field of the result and allows no other; some may be missing', () => {
  const schema = JSON.parse(readFileSync(join(root, 'harness', 'result.schema.json'), 'utf8'));
  const some = ['conditions', 'gpu_total_mb', 'gpu_peak_mb', 'pace', 'unseen'];
  expect([...schema.required, ...some].sort()).toEqual(Object.keys(sealedSchema.shape).sort());
  expect(schema.additionalProperties).toBe(false);
});
