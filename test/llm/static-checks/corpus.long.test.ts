// That the corpora are what they say: every crashing edit crashes, every good one runs to its summary.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apply } from '../../../controller/llm/edits.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { crashing } from './crashing.ts';
import { good } from './good.ts';
import { honest, madeOf } from './honest.ts';
import { Trials } from './running.ts';

let trials: Trials;
let trainPy: string;

beforeAll(async () => {
  trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  trials = await Trials.begin(0.02);
});
afterAll(() => trials.end());

function ends(search: string, replace: string) {
  const edited = apply(trainPy, [{ search, replace }]);
  if (edited.kind === 'refused') throw new Error(edited.sentence);
  return trials.run(edited.text);
}

test('there are sixty slips and a hundred and twenty good lines', () => {
  expect([crashing.length, good.length]).toEqual([60, 120]);
});

test.each(crashing.map((slip, i) => [i + 1, ...slip] as const))(
  'slip %i, %s, crashes',
  async (_, __, a, b) => {
    expect(await ends(a, b)).toMatchObject({ exitCode: 1, summary: false });
  },
);

test.each(good.map((line, i) => [i + 1, ...line] as const))('good line %i runs', async (_, a, b) => {
  expect(await ends(a, b)).toMatchObject({ exitCode: 0, summary: true });
});

test.each(honest)('honest edit "$name" runs', async (edit) => {
  const { stderr, ...ended } = await trials.run(madeOf(trainPy, edit));
  expect(ended, stderr).toMatchObject({ exitCode: 0, summary: true });
});
