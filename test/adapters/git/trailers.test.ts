import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../controller/adapters/git/trailers.ts';
import { type Draft, statuses } from '../../../controller/core/decision.ts';
import { causes, sources } from '../../../controller/core/experiment.ts';
import { draftLike } from '../../contract/drafts.ts';

const hostile = [
  '',
  ' ',
  'none',
  '"none"',
  '"',
  '-- --amend',
  '# not a comment',
  'two\nlines',
  'Experiment: 000001',
  'a\n\nStatus: keep\nVal-Bpb: 0.000001',
  'tab\tand\rreturn',
  'NUL \0 and ESC \u001b[31m and CSI \u009b',
  'half \ud83d a pair',
  'naïve 学習 🚀 ﷽',
  'line\u2028separator',
  '\u00a0no-break\u00a0',
  'x'.repeat(400),
  '🚀'.repeat(200),
];

const text = (maxLength: number) =>
  fc.oneof(
    fc.constantFrom(...hostile.filter((s) => s.length <= maxLength)),
    fc.string({ unit: 'binary', maxLength }),
  );
const id = fc.integer({ min: 0, max: 1e8 }).map((n) => String(n).padStart(6, '0'));
const real = fc.double({ noNaN: true, noDefaultInfinity: true });
const positive = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
const metric = fc.option(
  fc.oneof(
    real,
    fc.integer({ min: 1, max: 9e6 }).map((n) => n / 1e6),
  ),
);
const plain = fc.record({
  experiment: id,
  status: fc.constantFrom(...statuses),
  reason: text(64),
  sentence: text(500),
  description: text(400),
  source: fc.constantFrom(...sources),
  base: fc.option(text(40)),
  baseBpb: metric,
  tip: fc.option(text(40)),
  valBpb: metric,
  unseenBpb: metric,
  unseenParts: fc.constantFrom('', '0', '3 17'),
  memoryMb: positive,
  trainSha256: text(64),
  proposedSha256: text(64),
  stackOf: fc.option(fc.array(id, { minLength: 1, maxLength: 3 })),
  attempts: fc.integer({ min: 1 }),
  lastCause: fc.constantFrom(...causes),
  error: text(80),
  sealed: fc.constantFrom('landlock', 'uid', 'none', ''),
  trainingSeconds: positive,
  wallSeconds: positive,
  spentSeconds: positive,
  gpu: text(80),
  image: text(80),
  program: text(80),
  seed: fc.maxSafeInteger(),
  conditions: text(300),
  timestampMs: fc.maxSafeInteger(),
  epoch: fc.maxSafeNat(),
  seq: fc.integer({ min: 1 }),
});
/** Under evidence a Decision carries its single numbers; others have none. */
const repeats = fc.record({
  screenBpb: metric.map((n) => n ?? 1),
  measured: fc.array(
    metric.map((n) => n ?? 2),
    { minLength: 1, maxLength: 7 },
  ),
});
const drafts: fc.Arbitrary<Draft> = fc
  .tuple(plain, fc.option(repeats))
  .map(([draft, more]) => ({ ...draft, ...more }));

describe('a commit message', () => {
  test('gives back the identical draft, whatever its texts and numbers are', () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        expect(decodeMessage(encodeMessage(draft))).toEqual({ kind: 'draft', draft });
      }),
      { numRuns: 1000 },
    );
  });

  test.each(hostile)('begins with a subject of one printable line for the description %j', (description) => {
    const lines = encodeMessage(draftLike({ description })).split('\n');
    expect(lines[0]).toMatch(/^[^\p{Cc}\p{Surrogate}]+$/u);
    expect(lines[1]).toBe('');
  });

  test('reads well', () => {
    const draft = draftLike({
      experiment: '000042',
      description: 'widen the MLP to 320',
      sentence: '1.234567 is 0.01 lower than the frontier.',
      valBpb: 1.234567,
      tip: 'a'.repeat(40),
      base: 'b'.repeat(40),
      baseBpb: 1.2,
      error: '',
    });
    const message = encodeMessage(draft);
    expect(message).toMatch(
      /^widen the MLP to 320\n\n1\.234567 is 0\.01 lower than the frontier\.\n\nSchema: 1\n/,
    );
    const trailers = message.split('\n\n')[2]!.split('\n');
    expect(trailers).toContain('Experiment: 000042');
    expect(trailers).toContain('Val-Bpb: 1.234567');
    expect(trailers).toContain('Base-Bpb: 1.200000');
    expect(trailers).toContain(`Measured-On: ${'b'.repeat(40)}`);
    expect(message).not.toContain('Error:');
    expect(encodeMessage({ ...draft, base: draft.tip })).not.toContain('Measured-On');
  });

  test('names what a stack carries between spaces, and one experiment as it always did', () => {
    const one = encodeMessage(draftLike({ stackOf: ['000012'] }));
    expect(one).toContain('\nStack-Of: 000012\n');
    expect(encodeMessage(draftLike({ stackOf: ['000012', '000003'] }))).toContain(
      '\nStack-Of: 000012 000003\n',
    );
    expect(decodeMessage(one)).toMatchObject({ draft: { stackOf: ['000012'] } });
  });

  const message = encodeMessage(draftLike({ description: 'wider', sentence: 'it is lower' }));
  test.each([
    ['a person wrote it', 'Fix the learning rate\n', /is not a decision/],
    ['it is empty', '', /missing or out of range/],
    ['a trailer is gone', message.replace(/^Val-Bpb: .*\n/m, ''), /Val-Bpb is missing/],
    ['a trailer stands twice', message.replace(/^(Seq: .*\n)/m, '$1$1'), /is not a decision/],
    ['a trailer is unknown', `${message}Signed-off-by: me\n`, /is not a decision/],
    ['the subject was edited', message.replace('wider', 'narrower'), /was edited/],
    ['a number is written otherwise', message.replace(/^Seq: /m, 'Seq: 0'), /was edited/],
    [
      'a text is quoted without need',
      message.replace(/^Description: .*$/m, 'Description: "wider"'),
      /was edited/,
    ],
    [
      'a quoted text is broken',
      message.replace(/^Description: .*$/m, 'Description: "wi'),
      /is not a decision/,
    ],
    [
      'a number is a word',
      message.replace(/^Epoch: .*$/m, 'Epoch: many'),
      /Epoch is missing or out of range/,
    ],
    ['a newer version wrote it', message.replace('Schema: 1', 'Schema: 2'), /schema 2/],
  ])('is refused when %s', (_, text, sentence) => {
    expect(decodeMessage(text)).toEqual({ kind: 'unreadable', sentence: expect.stringMatching(sentence) });
  });
});
