// The shape of result.json is written once, in zod; the supervisor's Python tests read it from harness/result.schema.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { sealedSchema } from '../../controller/core/outcome.ts';

const path = join(import.meta.dirname, '..', '..', 'harness', 'result.schema.json');
const emitted = `${JSON.stringify(z.toJSONSchema(sealedSchema), null, 2)}\n`;
if (process.env.UPDATE_SCHEMA === '1') writeFileSync(path, emitted);

test('harness/result.schema.json is what zod says (UPDATE_SCHEMA=1 writes it anew)', () => {
  expect(readFileSync(path, 'utf8')).toBe(emitted);
});

test('the schema names every field of the result and allows no other', () => {
  const schema = JSON.parse(readFileSync(path, 'utf8'));
  expect(schema.required.toSorted()).toEqual(Object.keys(sealedSchema.shape).toSorted());
  expect(schema.additionalProperties).toBe(false);
});
