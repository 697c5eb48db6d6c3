// Small samples of a metric: what can be said of them.

export interface Sample {
  readonly n: number;
  readonly mean: number;
  /** Of single values; 0 for fewer than two. */
  readonly deviation: number;
  /** Of the mean. */
  readonly error: number;
}

export function sampleOf(values: readonly number[]): Sample {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const deviation = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
  return { n, mean, deviation, error: deviation / Math.sqrt(n) };
}

/** How far `after` lies below `before`, and that in standard errors of the difference (infinite where nothing scatters). */
export function gainOf(before: Sample, after: Sample): { gain: number; error: number; inErrors: number } {
  const gain = before.mean - after.mean;
  const error = Math.hypot(before.error, after.error);
  return { gain, error, inErrors: error === 0 ? Math.sign(gain) * Number.POSITIVE_INFINITY : gain / error };
}
