import { expect, test } from 'vitest';
import { cooldownFrom, leftMs, noCooldown } from '../../controller/std/cooldown.ts';

const DAY = 86_400_000;

test.each([
  ['as it begins all of it', 0, 60_000],
  ['a while later the rest', 20_000, 40_000],
  ['at its end nothing', 60_000, 0],
  ['long after it nothing', DAY, 0],
  ['after a step back to before it nothing', -1, 0],
  ['after a step back of a day nothing', -DAY, 0],
])('of a minute is left %s', (_, passedMs, left) => {
  expect(leftMs(cooldownFrom(DAY, 60_000), DAY + passedMs)).toBe(left);
});

test('never more is left of a wait than it was begun for', () => {
  for (let passedMs = -100_000; passedMs < 100_000; passedMs += 999)
    expect(leftMs(cooldownFrom(DAY, 60_000), DAY + passedMs)).toBeLessThanOrEqual(60_000);
});

test('of no wait nothing is left', () => {
  expect(leftMs(noCooldown, DAY)).toBe(0);
});
