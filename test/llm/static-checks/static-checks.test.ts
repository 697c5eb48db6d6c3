// What the inspection before a run catches, measured on two corpora, and that it executes nothing.
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { trainPyReader } from '../../../controller/adapters/python-reader.ts';
import { apply } from '../../../controller/llm/edits.ts';
import { refuseFile, type StaticReport } from '../../../controller/llm/static-checks.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { crashing } from './crashing.ts';
import { good } from './good.ts';

const nothing = () => null;
let trainPy: string;
let prepare: string;

beforeAll(async () => {
  trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  prepare = await readFile(join(checkout.cpu, 'prepare.py'), 'utf8');
});

function edited(search: string, replace: string): string {
  const made = apply(trainPy, [{ search, replace }]);
  if (made.kind === 'refused') throw new Error(made.sentence);
  return made.text;
}

const pythons = [
  ['the trainer, which has numpy', checkout.python, 0.9],
  ['the machine, which need not have it', 'python3', 0.8],
] as const;

describe.each(pythons)('by the Python of %s,', (_, python, least) => {
  const reader = trainPyReader(python, checkout.preflight);

  test('most of sixty crashing edits are caught before a run', async () => {
    const files = crashing.map(([, search, replace]) => edited(search, replace));
    const [base, ...read] = (await reader.read(prepare, [trainPy, ...files])) as StaticReport[];
    expect(read.flatMap((one) => ('trouble' in one ? one.trouble : []))).toEqual([]);
    const missed = crashing.filter((_, i) => refuseFile(read[i]!, base!, nothing) === null);
    const of = (kind: string) => crashing.filter((slip) => slip[0] === kind).length;
    const caught = 1 - missed.length / crashing.length;
    process.stderr.write(
      `preflight: ${crashing.length - missed.length} of ${crashing.length} crashing edits caught; missed ${[...Map.groupBy(missed, (slip) => slip[0])].map(([kind, slips]) => `${slips.length} of ${of(kind)} ${kind}`).join(', ')}\n`,
    );
    expect(caught).toBeGreaterThanOrEqual(least);
  });
});

// By the stricter of the two: without numpy some rules find nothing.
test('none of a hundred and twenty good edits is refused', async () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const files = good.map(([search, replace]) => edited(search, replace));
  const [base, ...read] = (await reader.read(prepare, [trainPy, ...files])) as StaticReport[];
  const refused = good.flatMap(([, replace], i) => {
    const refusal = refuseFile(read[i]!, base!, nothing);
    return refusal ? [[replace, refusal.sentence]] : [];
  });
  expect(refused).toEqual([]);
});

describe('a file is refused', () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const cases: [string, string, string, string, RegExp][] = [
    [
      'that only changes a comment',
      'import math\n',
      'import math  # numbers\n',
      'unchanged',
      /nothing that is executed/,
    ],
    [
      'that only changes a docstring',
      '"""Logits [B*T, 256], and what',
      '"""All logits, and what',
      'unchanged',
      /executed/,
    ],
    ['that says the same number otherwise', 'WIDTH = 128 ', 'WIDTH = 2 ** 7 ', 'unchanged', /executed/],
    [
      'that only changes the seed',
      'np.random.PCG64(SEED)',
      'np.random.PCG64(SEED + 1)',
      'seed',
      /changes only a seed/,
    ],
    ['that only chooses a seed', 'np.random.PCG64(SEED)', 'np.random.PCG64(1234)', 'seed', /seed/],
    [
      'that does not call the evaluation',
      'val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)',
      'val_bpb = 1.0',
      'evaluation',
      /keep that call/,
    ],
    [
      'whose evaluation stands behind a condition that never holds',
      '    val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)',
      '    val_bpb = 0.0\n    if False:\n        val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)',
      'evaluation',
      /never comes to call/,
    ],
    [
      'that ends before its evaluation',
      '    val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)',
      '    raise SystemExit(0)\n    val_bpb = evaluate_bpb(model, tokenizer, EVAL_BATCH)',
      'evaluation',
      /never comes to call/,
    ],
    [
      'whose evaluation is in a function that nobody calls',
      'if __name__ == "__main__":\n    main()',
      'if __name__ == "__main__":\n    print("val_bpb: 1.0")',
      'evaluation',
      /never comes to call/,
    ],
    [
      'that replaces the evaluation in prepare under another name',
      'import numpy as np\n',
      'import numpy as np\nimport prepare as p\np.evaluate_bpb = lambda *_: 1.0\n',
      'patched',
      /prepare\.evaluate_bpb/,
    ],
    [
      'that replaces the evaluation',
      'import numpy as np\n',
      'import numpy as np\n\ndef evaluate_bpb(*_):\n    return 1.0\n',
      'patched',
      /evaluate_bpb/,
    ],
    [
      'that sets the budget',
      'import numpy as np\n',
      'import numpy as np\nTIME_BUDGET = 60.0\n',
      'patched',
      /TIME_BUDGET/,
    ],
    [
      'that patches prepare',
      'import numpy as np\n',
      'import numpy as np\nimport prepare\nprepare.TIME_BUDGET = 60\n',
      'patched',
      /prepare\.TIME_BUDGET/,
    ],
    ['that is no Python', 'import math\n', 'import math as\n', 'syntax', /line 10|line 9/],
    [
      'that fails its own assertion',
      'import math\n',
      'import math\nassert 64 % 48 == 0\n',
      'would_crash',
      /assertion/,
    ],
    [
      'that divides by zero',
      'import math\n',
      'import math\nHALF = 1 / (2 - 2)\n',
      'would_crash',
      /ZeroDivisionError/,
    ],
    ['that ends in a null byte', 'import math\n', 'import math\n\0', 'syntax', /null/],
  ];
  test.each(cases)('%s', async (_, search, replace, reason, words) => {
    const [base, read] = await reader.read(prepare, [trainPy, edited(search, replace)]);
    const refusal = refuseFile(read!, base!, nothing);
    expect(refusal).toMatchObject({ reason, sentence: expect.stringMatching(words) });
  });

  test('that computes what was proposed before', async () => {
    const [base, read] = await reader.read(prepare, [trainPy, edited('WIDTH = 128 ', 'WIDTH = 96 ')]);
    const [same] = await reader.sums([`${edited('WIDTH = 128 ', 'WIDTH = 3 * 32 ')}\n# the same\n`]);
    const known = (sum: string) => (sum === same ? 'experiment 000007' : null);
    expect(refuseFile(read!, base!, known)).toMatchObject({
      reason: 'duplicate',
      sentence: expect.stringContaining('000007'),
    });
  });
});

test('a fault that the edited file had before is no fault of the edit', async () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const faulty = edited('2 * np.maximum(z, 0)', '2 * np.maximun(z, 0)'); // in a branch that is not taken
  const next = faulty.replace('WIDTH = 128 ', 'WIDTH = 96 ');
  const [base, before, after] = await reader.read(prepare, [trainPy, faulty, next]);
  expect(refuseFile(after!, base!, nothing)).toMatchObject({
    reason: 'would_crash',
    sentence: expect.stringContaining('np has no maximun; did you mean maximum'),
  });
  expect(refuseFile(after!, before!, nothing)).toBeNull();
});

test('nothing of a file is executed, and what takes Python down is refused', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'preflight-'));
  try {
    const mark = join(dir, 'executed');
    const files = [
      `open(${JSON.stringify(mark)}, 'w')\n${trainPy}`,
      `import ctypes\n${trainPy}`,
      `${'('.repeat(90_000)}${')'.repeat(90_000)}`,
      `x = ${'-'.repeat(100_000)}1`,
      `x = ${'['.repeat(150)}${']'.repeat(150)}\n${trainPy}`,
    ];
    const reader = trainPyReader(checkout.python, checkout.preflight);
    const readings = await reader.read(prepare, files);
    await expect(access(mark)).rejects.toThrow();
    const [base] = await reader.read(prepare, [trainPy]);
    const reasons = readings.map((one) => refuseFile(one, base!, nothing)?.reason ?? null);
    expect(reasons.slice(2, 4).every((reason) => reason === 'syntax' || reason === 'unreadable')).toBe(true);
    expect(reasons[0]).toBeNull();
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

test('a Python that is not there is said so, with what to do', async () => {
  const reader = trainPyReader('/no/such/python3', checkout.preflight);
  await expect(reader.sums([trainPy])).rejects.toThrow(/cannot be started \(ENOENT\); install Python/);
});

// Each would take gigabytes, or minutes, if it were done.
describe('nothing that a file asks for is worked out where that is much:', () => {
  const tenfold = Array.from({ length: 15 }, (_, i) => `T${i + 1} = (${`T${i}, `.repeat(10)})`).join('\n');
  test.each([
    ['a wide number', "X = '%5000000000d' % 1"],
    ['a long fraction', "X = '%.5000000000f' % 1.0"],
    ['wide bytes', "X = b'%5000000000d' % 1"],
    ['many bytes', "X = b'a' * 5000000000"],
    ['a sum of a long range', 'X = sum(range(10**12))'],
    ['the most of a long range', 'X = max(range(10**12))'],
    ['the least of a range without a length', 'X = min(range(10**30))'],
    ['a search in a long range', 'X = 1.5 in range(10**12)'],
    ['rounding to a number with as many zeros', 'X = round(1, -10**12)'],
    ['two tuples of tuples of tuples', `T0 = 1\n${tenfold}\nX = T15 == (T14,)`],
    ['calls of calls of calls', `T0 = 1\n${tenfold.replaceAll('= (', '= max(')}`],
    ['a key of keys of keys', `T0 = 1\nD = {1: 2}\n${tenfold}\nX = D[T15]`],
  ])('%s', async (_, line) => {
    const reader = trainPyReader(checkout.python, checkout.preflight);
    const [base, read] = await reader.read(prepare, [trainPy, `${line}\n${trainPy}`]);
    expect(read).toMatchObject({ trouble: [] });
    expect(refuseFile(read!, base!, nothing)).toBeNull();
  });
});

test('a file that takes more memory than a reading may have is refused', async () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const [base, huge] = await reader.read(prepare, [trainPy, `X = [${'0,'.repeat(400_000)}]\n${trainPy}`]);
  expect(refuseFile(huge!, base!, nothing)?.reason).toMatch(/syntax|unreadable/);
});

test('what is found in a file is told in few and short sentences', async () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const table = `TABLE = {${Array.from({ length: 1000 }, (_, i) => `'${'k'.repeat(50)}${i}': 0`)}}`;
  const lookups = Array.from({ length: 3000 }, (_, i) => `X = TABLE['${i}']`).join('\n');
  const [read] = await reader.read(prepare, [`${table}\n${lookups}\n${trainPy}`]);
  expect(JSON.stringify(read).length).toBeLessThan(1_000_000);
  expect(read).toMatchObject({ faults: expect.arrayContaining([expect.anything()]) });
});

const HEAD = 'import numpy as np\nfrom prepare import evaluate_bpb\n';
test.each([
  ['a name of a comprehension', 'w = 4\ndef f(ws):\n    return [w.shape for w in ws]\nf([np.zeros(3)])\n'],
  ['one at the top level', 'w = 4\nn = sum(w.size for w in [np.zeros(3)])\n'],
  [
    'a name of the function around',
    'm = 0.9\ndef outer(m):\n    return lambda: m.mean()\nouter(np.zeros(3))()\n',
  ],
  ['a method that is awaited', 'class Q:\n    async def go(self): return 1\nq = Q()\nq.go()\n'],
  ['a module of a class', 'class Q:\n    import math\n    def go(self): return self.math.pi\nQ().go()\n'],
  ['a module that may be missing', 'try:\n    import foo_bar\nexcept ImportError:\n    pass\n'],
])('%s is not taken for another one that is called the same', async (_, body) => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const [read] = await reader.read(prepare, [`${HEAD}${body}evaluate_bpb(None, None, 1)\n`]);
  expect(refuseFile(read!, null, nothing)).toBeNull();
});

test('what comes with PyTorch is there for a trainer that has PyTorch', async () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const gpu = await readFile(join(checkout.cpu, '..', 'gpu', 'prepare.py'), 'utf8');
  const file = 'import triton\nfrom prepare import evaluate_bpb\nevaluate_bpb(None, None, 1)\n';
  const [there] = await reader.read(gpu, [file]);
  const [here] = await reader.read(prepare, [file]);
  expect(refuseFile(there!, null, nothing)).toBeNull();
  expect(refuseFile(here!, null, nothing)?.sentence).toMatch(/there is no module triton/);
});

test('a nonlocal of nothing is refused as one file, and the reader goes on', async () => {
  const reader = trainPyReader(checkout.python, checkout.preflight);
  const set = 'class A: pass\na = A()\na.n = 0\na.n += 1\n';
  const file = `${HEAD}${set}def f():\n    nonlocal x\n    return 1\n    x = 2\nevaluate_bpb(None, None, 1)\n`;
  const [read] = await reader.read(prepare, [file]);
  expect(refuseFile(read!, null, nothing)?.reason).toBe('syntax');
});
