// What the supervisor must say of an attack in the end, wherever it ran.
import { expect } from 'vitest';
import type { Ended } from './arena.ts';
import type { Attack } from './table.ts';

/** `honestBpb`: what an honest train.py gets there. `refusals`: what a denied attempt may meet. */
export function expectEnd(
  expected: Pick<Attack, 'becomes' | 'denied' | 'but'>,
  { result, log, tried }: Pick<Ended, 'result' | 'log' | 'tried'>,
  honestBpb: number,
  refusals: readonly string[] = ['EACCES', 'EPERM'],
): void {
  const { becomes } = expected;
  if (becomes === 'honest') {
    expect(result.status, log).toBe('finished');
    expect(result.val_bpb).toBeCloseTo(honestBpb, 6);
  } else if (becomes === 'no better') {
    expect(result.val_bpb ?? Number.POSITIVE_INFINITY, log).toBeGreaterThanOrEqual(honestBpb - 1e-6);
  } else {
    expect(result.status, log).toBe('crashed');
    expect(typeof becomes === 'string' ? [becomes] : becomes, log).toContain(result.reason);
    expect(result.val_bpb).toBeNull();
    expect(result.sentence).not.toBe('');
  }
  if (expected.denied) expectDenied(expected, tried, log, refusals);
}

function expectDenied(
  { but = {} }: Pick<Attack, 'but'>,
  tried: Ended['tried'],
  log: string,
  refusals: readonly string[],
): void {
  expect(tried.size, log).toBeGreaterThan(0);
  for (const [what, words] of tried) {
    for (const word of words) expect(but[what] ?? refusals, `${what}: ${word}`).toContain(word);
  }
}
