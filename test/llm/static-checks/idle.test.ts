// What computes the same as the file that it came from is recognised before a run; other edits never are.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trainPyReader } from '../../../controller/adapters/python-reader.ts';
import { refuseFile, type StaticReport } from '../../../controller/llm/static-checks.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { honest, idle, madeOf } from './honest.ts';
import { Trials } from './running.ts';

const AT_ONCE = 40; // what one reader may have in memory
const SAMPLED = 45;
const FORM = `import ast, sys; sys.path.insert(0, sys.argv[1])
from reading.same import canonical
print(ast.unparse(ast.fix_missing_locations(canonical(sys.stdin.read()))))`;

let trainPy: string;
let prepare: string;
beforeAll(async () => {
  trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  prepare = await readFile(join(checkout.cpu, 'prepare.py'), 'utf8');
});

test('sixty edits that change nothing are all recognised', async () => {
  expect(new Set(idle.map(({ name }) => name)).size).toBeGreaterThanOrEqual(60);
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const missed: string[] = [];
  for (let at = 0; at < idle.length; at += AT_ONCE) {
    const edits = idle.slice(at, at + AT_ONCE);
    const files = edits.map((edit) => madeOf(trainPy, edit));
    const [base, ...read] = (await reader.read(prepare, [trainPy, ...files])) as StaticReport[];
    for (const [i, one] of read.entries())
      if (refuseFile(one, base!, () => null)?.reason !== 'unchanged') missed.push(edits[i]!.name);
  }
  expect(missed).toEqual([]);
});

// idle.long: every one.
describe('the form that is compared computes what the file computes:', () => {
  let trials: Trials;
  beforeAll(async () => {
    trials = await Trials.begin(0.02);
  });
  afterAll(() => trials.end());

  test.each([...idle, ...honest].filter((_, i) => i % SAMPLED === 0))('$name', async (edit) => {
    const file = madeOf(trainPy, edit);
    const { stdout: form } = await execa(checkout.python, ['-c', FORM, join(checkout.preflight, '..')], {
      input: file,
    });
    const [one, other] = [await trials.run(file), await trials.run(form)];
    expect(other.valBpb, other.stderr).not.toBeNull();
    expect(other.valBpb).toBe(one.valBpb);
  });
});
