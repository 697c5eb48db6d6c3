// intent.json, the contract with the supervisor: what is written is read back, and what earlier controllers wrote is, too.
import { expect, test } from 'vitest';
import { intentFile, intentSha256, parseIntentFile } from '../../controller/intent.ts';
import { intentLike } from '../double/rig.ts';

const nonce = '0123456789abcdef0123456789abcdef';

test('an intent comes back as it was written', () => {
  const file = intentFile(intentLike(), nonce, 'cpu');
  expect(parseIntentFile(JSON.stringify(file))).toEqual(file);
  expect(file.intent).toBe(intentSha256(intentLike()));
});

/** To the byte as version 0.1.0 wrote them. */
const earlier: [string, string, string | null][] = [
  [
    'a run directory, without a parent',
    `{
  "schema": 1,
  "lane": "main",
  "experiment": "000007",
  "attempt": 2,
  "nonce": "${nonce}",
  "intent": "${'5'.repeat(64)}",
  "seed": 42,
  "clocks": {
    "budgetSeconds": 1,
    "startSeconds": 30.5,
    "wallSeconds": 61
  },
  "requireSealed": true,
  "clock": "wall"
}
`,
    null,
  ],
  [
    'an annotation',
    `{"schema":1,"lane":"main","experiment":"000007","attempt":2,"parent":"${'b'.repeat(40)}","nonce":"${nonce}","intent":"${'5'.repeat(64)}","seed":42,"clocks":{"budgetSeconds":1,"startSeconds":30.5,"wallSeconds":61},"requireSealed":true,"clock":"wall"}`,
    'b'.repeat(40),
  ],
];

test.each(earlier)('what an earlier controller left in %s is adopted', (_, text, parent) => {
  expect(parseIntentFile(text)).toEqual({
    schema: 1,
    lane: 'main',
    experiment: '000007',
    attempt: 2,
    parent,
    nonce,
    intent: '5'.repeat(64),
    seed: 42,
    clocks: { budgetSeconds: 1, startSeconds: 30.5, wallSeconds: 61 },
    requireSealed: true,
    clock: 'wall',
  });
});

test.each(['', '{', 'null', '[]', '{"schema": 2}'])('%j is no intent', (text) => {
  expect(parseIntentFile(text)).toBeNull();
});
