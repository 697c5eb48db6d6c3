// That no honest edit is refused: a wrong refusal costs an idea, a crash that nobody foresaw only a run.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainPyReader } from '../../../controller/adapters/python-reader.ts';
import { refuseFile, type StaticReport } from '../../../controller/llm/static-checks.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { honest, madeOf } from './honest.ts';
import { Trials } from './running.ts';

const AT_ONCE = 40; // what one reader may have in memory
const SAMPLED = 20;

let trainPy: string;
let prepare: string;
beforeAll(async () => {
  trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  prepare = await readFile(join(checkout.cpu, 'prepare.py'), 'utf8');
});

test.each([checkout.python, 'python3'])(
  'none of two hundred honest edits is refused by %s',
  async (python) => {
    expect(new Set(honest.map(({ name }) => name)).size).toBeGreaterThanOrEqual(200);
    const reader = trainPyReader(python, checkout.preflight);
    const refused: string[] = [];
    for (let at = 0; at < honest.length; at += AT_ONCE) {
      const edits = honest.slice(at, at + AT_ONCE);
      const files = edits.map((edit) => madeOf(trainPy, edit));
      const [base, ...read] = (await reader.read(prepare, [trainPy, ...files])) as StaticReport[];
      for (const [i, one] of read.entries()) {
        const refusal = refuseFile(one, base!, () => null);
        if (refusal) refused.push(`${edits[i]!.name}: ${refusal.sentence}`);
        if ('trouble' in one && one.trouble.length > 0) refused.push(`${edits[i]!.name}: ${one.trouble}`);
      }
    }
    expect(refused).toEqual([]);
  },
);

// corpus.long.test.ts runs every one.
describe('some of them really run:', () => {
  let trials: Trials;
  beforeAll(async () => {
    trials = await Trials.begin(0.02);
  });
  afterAll(() => trials.end());

  test.each(honest.filter((_, i) => i % SAMPLED === 0))('$name', async (edit) => {
    const { stderr, ...ended } = await trials.run(madeOf(trainPy, edit));
    expect(ended, stderr).toMatchObject({ exitCode: 0, summary: true });
  });
});
