// How long to wait before the next try. Pure: who calls brings the chance and does the waiting.

/** Milliseconds to wait after so many failures in a row, from 0 on. */
type Backoff = (failures: number) => number;

export function doubling(firstMs: number, mostMs: number): Backoff {
  return (failures) => Math.min(mostMs, firstMs * 2 ** failures);
}

/** One step after the other; the last is for all that follow. */
export function stepwise(...stepsMs: readonly [number, ...number[]]): Backoff {
  return (failures) => stepsMs[Math.min(failures, stepsMs.length - 1)]!;
}

/**
 * A wait of which up to `share` is left out by chance (`random` in [0, 1)), so that many who failed at once do not
 * come back at once.
 */
export function spread(ms: number, random: number, share = 1): number {
  return ms * (1 - share + share * random);
}
