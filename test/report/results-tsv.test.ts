import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../controller/core/decision.ts';
import { COLUMNS, cell, decode, encode, rowOf } from '../../controller/report/results-tsv.ts';

const decision = (change: Partial<Decision> = {}): Decision => ({
  experiment: '000042',
  status: 'discard',
  reason: 'worse',
  sentence: '0.010000 above the frontier',
  description: 'LEARNING_RATE 0.01 -> 0.02: larger steps',
  source: 'builtin',
  base: 'abcdef0123456789abcdef0123456789abcdef01',
  baseBpb: 1.2,
  tip: 'abcdef0123456789abcdef0123456789abcdef01',
  valBpb: 1.21,
  unseenBpb: 1.234567,
  unseenParts: '3',
  memoryMb: 45060.2,
  trainSha256: '1'.repeat(64),
  proposedSha256: '1'.repeat(64),
  stackOf: null,
  attempts: 1,
  lastCause: 'first',
  error: '',
  sealed: 'landlock',
  trainingSeconds: 300.14,
  wallSeconds: 325.9,
  spentSeconds: 326,
  gpu: 'NVIDIA H100 80GB HBM3',
  image: 'trainer@sha256:1',
  program: 'fedcba9876543210'.repeat(4),
  seed: 1234,
  conditions: 'x',
  timestampMs: Date.UTC(2026, 10, 23, 6, 7, 8, 9),
  epoch: 1,
  seq: 43,
  commit: '0123456789abcdef0123456789abcdef01234567',
  ...change,
});
const rowsOf = (text: string) => {
  const decoded = decode(text);
  if (decoded.kind !== 'rows') throw new Error(decoded.sentence);
  return decoded.rows;
};

test('a file of one discard is, to the byte', () => {
  expect(encode([decision()])).toBe(
    'commit\tval_bpb\tmemory_gb\tstatus\tdescription\ttimestamp\texperiment\tattempts\tparent\tsource\terror\tsealed\ttraining_seconds\twall_seconds\tgpu\timage\tprogram\tseed\tunseen_bpb\n' +
      '0123456\t1.210000\t44.0\tdiscard\tLEARNING_RATE 0.01 -> 0.02: larger steps\t2026-11-23T06:07:08.009Z\t000042\t1\tabcdef0\tbuiltin\t\tlandlock\t300.1\t325.9\tNVIDIA H100 80GB HBM3\ttrainer@sha256:1\tfedcba987654\t1234\t1.234567\n',
  );
});
test('a crash shows 0.000000 and 0.0 whatever was measured, and its cause', () => {
  expect(rowOf(decision({ status: 'crash', valBpb: null, error: 'oom' }))).toMatchObject({
    val_bpb: '0.000000',
    memory_gb: '0.0',
    status: 'crash',
    error: 'oom',
  });
});
test('the baseline has no parent', () => {
  expect(rowOf(decision({ experiment: '000000', status: 'keep', base: null, baseBpb: null })).parent).toBe(
    '',
  );
});
test('a keep without a metric is a mistake of ours and throws', () => {
  expect(() => rowOf(decision({ status: 'keep', valBpb: null }))).toThrow('without a metric');
});
test('rows stand in the order given, and encoding again or one by one gives the same bytes', () => {
  const all = [3, 1, 2].map((n) =>
    decision({ experiment: String(n).padStart(6, '0'), description: `"${n}"` }),
  );
  const text = encode(all);
  expect(rowsOf(text).map((r) => r.experiment)).toEqual(['000003', '000001', '000002']);
  expect(encode(all)).toBe(text);
  expect(encode(all.map((d) => ({ ...d })))).toBe(text);
});

test.each([
  ['tabs and line ends', 'a\tb\r\nc\rd', 'a b c d'],
  ['separators only some readers know', 'a\u2028b\u0085c\vd', 'a b c d'],
  ['controls and colours', 'a\0b\x1b[31mred\x1b[0m\x7f', 'abred'],
  ['space around', '  a  ', 'a'],
  ['a formula', '=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'],
  ['a formula behind a control', '\0=1+1', "'=1+1"],
  ['a formula behind a tab', '\t@SUM(A1)', "'@SUM(A1)"],
  ['a minus', '-1 layer', "'-1 layer"],
  ['a plus', '+1 layer', "'+1 layer"],
  ['an arrow in the middle', 'LR 1 -> 2', 'LR 1 -> 2'],
  ['half a character', 'a\ud800b', 'a\ufffdb'],
])('a cell tames %s', (_, text, tamed) => {
  expect(cell(text)).toBe(tamed);
  expect(cell(tamed)).toBe(tamed);
});

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('"', '""', '\t', '\n', '\r', "'", '=', ' ', 'NA', '#', '\\', ',', '\0'), {
      maxLength: 8,
    })
    .map((a) => a.join('')),
);
const decisions = fc.array(
  fc
    .record({
      description: text,
      error: text,
      gpu: text,
      image: text,
      status: fc.constantFrom('keep', 'discard', 'crash'),
      valBpb: fc.double({ min: 0.000001, max: 20, noNaN: true }),
      memoryMb: fc.double({ min: 0, max: 1e6, noNaN: true }),
      seed: fc.nat(),
    })
    .map((change) => decision(change as Partial<Decision>)),
  { maxLength: 12 },
);

describe('for any decisions', () => {
  test('reading back what was written gives the rows', () => {
    fc.assert(
      fc.property(decisions, (all) => {
        expect(rowsOf(encode(all))).toEqual(all.map(rowOf));
      }),
    );
  });
  test('every line has all cells, and no control character but tab and LF is in the file', () => {
    fc.assert(
      fc.property(decisions, (all) => {
        const written = encode(all);
        expect(written.split('\n').length).toBe(all.length + 2);
        expect(written.replaceAll(/[\t\n]/g, '')).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
        for (const line of written.trimEnd().split('\n'))
          expect(line.split('\t').length).toBe(COLUMNS.length);
      }),
    );
  });
  test("Python's csv reader, which pandas follows, reads the same cells", () => {
    const all = fc.sample(decisions, { numRuns: 60, seed: 7 }).flat();
    const program =
      "import csv,json,sys,io\nprint(json.dumps(list(csv.DictReader(io.TextIOWrapper(sys.stdin.buffer,'utf-8',newline=''),delimiter='\\t'))))";
    const read = execFileSync('python3', ['-c', program], { input: encode(all), maxBuffer: 1 << 26 });
    expect(all.length).toBeGreaterThan(100);
    expect(JSON.parse(read.toString())).toEqual(all.map(rowOf));
  });
});

describe('files of other hands', () => {
  const upstream = 'commit\tval_bpb\tmemory_gb\tstatus\tdescription\n';
  test("upstream's five columns are enough, its quirks included", () => {
    const rows = rowsOf(
      `${upstream}baseline\t0.997900\t44.0\tkeep\tbaseline\r\nb2c3d4e\t0.000000\t0.0\t CRASH \tdouble "width"\n\nc3d4e5f\tn/a\t44.0\tdiscard\n`,
    );
    expect(rows.map((r) => [r.commit, r.status, r.val_bpb, r.description, r.seed])).toEqual([
      ['baseline', 'keep', '0.997900', 'baseline', ''],
      ['b2c3d4e', 'crash', '0.000000', 'double "width"', ''],
      ['c3d4e5f', 'discard', 'n/a', '', ''],
    ]);
  });
  test('columns are found by name; a byte-order mark and unknown columns do not disturb', () => {
    expect(
      rowsOf('\ufeffmore\tstatus\tdescription\tcommit\tval_bpb\tmemory_gb\nx\tkeep\td\tc\t1.0\t2.0\n'),
    ).toMatchObject([{ commit: 'c', val_bpb: '1.0', memory_gb: '2.0', status: 'keep', description: 'd' }]);
  });
  test('a line with another status is left out', () => {
    expect(rowsOf(`${upstream}a\t1\t1\ttimeout\tx\nb\t1\t1\tkeep\ty\n`).map((r) => r.commit)).toEqual(['b']);
  });
  test.each([
    ['an empty file', ''],
    ['a file without our header', 'a\tb\n1\t2\n'],
    ['a header with commas', 'commit,val_bpb,memory_gb,status,description\n'],
    ['a quote that never ends', `${upstream}a\t1\t1\tkeep\t"x\n`],
  ])('%s is refused with what to do', (_, file) => {
    expect(decode(file)).toMatchObject({
      kind: 'refused',
      sentence: expect.stringContaining('autoresearch rebuild'),
    });
  });
});
