import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from '../../../controller/core/log/summary.ts';

const logs = new URL('../../fixtures/run-logs/', import.meta.url);
const expected: Record<string, { printed: string; val_bpb?: number }> = JSON.parse(
  readFileSync(new URL('expected.json', logs), 'utf8'),
);
const bytes = (text: string) => new TextEncoder().encode(text);
const concat = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const block = (bpb = '1.234567', memory = '212.5') =>
  `---
val_bpb:          ${bpb}
training_seconds: 5.0
total_seconds:    7.4
peak_vram_mb:     ${memory}
mfu_percent:      39.80
total_tokens_M:   1.3
num_steps:        412
num_params_M:     0.2
depth:            2
`;

describe('the fixture logs', () => {
  test('are all described in expected.json', () => {
    const files = readdirSync(logs, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.log'),
    );
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });
  test.each(Object.entries(expected))('%s', (name, { printed, val_bpb }) => {
    const parsed = parse(readFileSync(new URL(name, logs)));
    expect(parsed.kind).toBe(printed);
    if (parsed.kind === 'summary') expect(parsed.summary.val_bpb).toBe(val_bpb);
    else expect(parsed.sentence).not.toBe('');
  });
});

test('every key of the block is read', () => {
  expect(parse(bytes(block()))).toEqual({
    kind: 'summary',
    summary: {
      val_bpb: 1.234567,
      training_seconds: 5,
      total_seconds: 7.4,
      peak_vram_mb: 212.5,
      mfu_percent: 39.8,
      total_tokens_M: 1.3,
      num_steps: 412,
      num_params_M: 0.2,
      depth: 2,
    },
  });
});

test.each([
  ['NaN', 'nan'],
  ['infinity', 'inf'],
  ['minus infinity', '-inf'],
  ['an exponent', '1e308'],
  ['a small exponent', '9e-1'],
  ['hexadecimal', '0x1p-2'],
  ['a decimal comma', '0,998'],
  ['a thousands separator', '1,000.5'],
  ['a sign', '-1.0'],
  ['nothing', ''],
  ['two points', '1.0.0'],
  ['underscores', '1_0.5'],
  ['other digits', '١.٢'],
  ['a number and a word', '0.99 (best)'],
])('a metric written as %s is no metric', (_, text) => {
  const parsed = parse(bytes(block(text)));
  expect(parsed.kind).toBe('missing');
  expect(parsed).toHaveProperty('sentence', expect.stringContaining('val_bpb is'));
});

test.each([
  ['FAIL alone on a line', 'FAIL\n', 'failed'],
  ['FAIL glued to the progress line before it', '\rstep 00003 | remaining: 9s    FAIL\n', 'failed'],
  ['FAIL after a summary', `${block()}FAIL\n`, 'failed'],
  ['FAIL before a summary', `FAIL\n${block()}`, 'summary'],
  ['FAILURE is another word', 'FAILURE\n', 'missing'],
  ['FAIL in the middle of a line', 'FAIL to open cache, going on\n', 'missing'],
])('%s', (_, text, kind) => {
  expect(parse(bytes(text)).kind).toBe(kind);
});

/** Text that holds no summary and no FAIL of its own. */
const noise = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\r',
        '\n',
        '\r\n',
        '\0',
        '\x1b[31m',
        '\x1b[2K',
        '\x1b]0;t\x07',
        'val_bpb:          0.000001',
        '--',
        'depth: 3',
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join('').replaceAll('---', '- -').replaceAll('FAIL', 'fail'));
const someBytes = fc.uint8Array({ maxLength: 200 }).map((b) => b.filter((x) => x !== 0x2d && x !== 0x46));
const metric = fc.integer({ min: 1, max: 20_000_000 }).map((n) => (n / 1e6).toFixed(6));

describe('for any log', () => {
  test('the block is found behind any noise, and its number is the printed one', () => {
    fc.assert(
      fc.property(someBytes, noise, metric, noise, (raw, before, bpb, after) => {
        const parsed = parse(concat(raw, bytes(`${before}\n${block(bpb)}\n${after}`)));
        expect(parsed).toMatchObject({ kind: 'summary', summary: { val_bpb: Number(bpb) } });
      }),
    );
  });
  test('without a block nothing is found, whatever it says about val_bpb', () => {
    fc.assert(
      fc.property(noise, (text) => {
        expect(parse(bytes(text)).kind).toBe('missing');
      }),
    );
  });
  test('two blocks are never one, even when they agree', () => {
    fc.assert(
      fc.property(metric, metric, noise, (a, b, between) => {
        expect(parse(bytes(`${block(a)}\n${between}\n${block(b)}`)).kind).toBe('ambiguous');
      }),
    );
  });
  test('a block between CRs and coloured by escapes is the same block', () => {
    fc.assert(
      fc.property(
        metric,
        fc.constantFrom('\r', '\n', '\r\n', '\n\r'),
        fc.constantFrom('', '\x1b[1m', '\0'),
        (bpb, eol, mark) => {
          const text = block(bpb)
            .trimEnd()
            .split('\n')
            .map((line) => mark + line + mark)
            .join(eol);
          expect(parse(bytes(`progress${eol}${text}${eol}`))).toMatchObject({
            kind: 'summary',
            summary: { val_bpb: Number(bpb) },
          });
        },
      ),
    );
  });
  test('a log cut inside the block is never a summary', () => {
    const whole = bytes(block());
    for (let end = 0; end < whole.length - 2; end++)
      expect(parse(whole.subarray(0, end)).kind).toBe('missing');
  });
  test('any bytes get an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (b) => {
        expect(parse(b).kind).toMatch(/missing|failed/);
      }),
    );
  });
});

test('a line of 64 MB before the block costs neither a second nor its size in memory', () => {
  const log = new Uint8Array(64 * 1024 * 1024).fill(0x61);
  log.set(bytes(`\n${block()}`), log.length - block().length - 1);
  const heap = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  expect(parse(log).kind).toBe('summary');
  const { user, system } = process.cpuUsage(cpu);
  expect((user + system) / 1e6).toBeLessThan(1);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(16 * 1024 * 1024);
});

test.each([
  ['escapes without an end', '\x1b['.repeat(32_000)],
  ['titles without an end', '\x1b]0;'.repeat(16_000)],
  ['spaces', ' '.repeat(65_000)],
  ['losses', 'loss '.repeat(13_000)],
])('64 KiB of %s are read in linear time', (_, text) => {
  const cpu = process.cpuUsage();
  expect(parse(bytes(text)).kind).toBe('missing');
  expect(process.cpuUsage(cpu).user / 1e6).toBeLessThan(1);
});
