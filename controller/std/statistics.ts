// Small samples of a metric: what can be said of them.
import type { Spread } from './spread.ts';

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

export interface Gain {
  /** How far `after` lies below `before`. */
  readonly gain: number;
  /** Standard error of that. */
  readonly error: number;
  /** Between these it lies with 95 % confidence, by Welch's t interval. */
  readonly low: number;
  readonly high: number;
}

/** Both samples have at least two values. */
export function gainOf(before: Sample, after: Sample): Gain {
  const gain = before.mean - after.mean;
  const error = Math.hypot(before.error, after.error);
  const squared = ({ error, n }: Sample) => error ** 4 / (n - 1);
  // Welch and Satterthwaite; where nothing scatters any number does.
  const freedom = error === 0 ? 1 : error ** 4 / (squared(before) + squared(after));
  const reach = error * quantile(freedom);
  return { gain, error, low: gain - reach, high: gain + reach };
}

/** Student's t for 97.5 %, by degrees of freedom; between two rows the one of fewer, which is the more careful. */
const T_975: readonly (readonly [freedom: number, t: number])[] = [
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [5, 2.571],
  [6, 2.447],
  [7, 2.365],
  [8, 2.306],
  [10, 2.228],
  [12, 2.179],
  [15, 2.131],
  [20, 2.086],
  [30, 2.042],
  [60, 2.0],
  [120, 1.98],
];

function quantile(freedom: number): number {
  return (T_975.findLast(([least]) => freedom >= least) ?? T_975[0]!)[1];
}

/** Of groups whose values scatter alike around means of their own; null where no group has two values. */
export function pooled(groups: readonly (readonly number[])[]): Spread | null {
  const samples = groups.map(sampleOf).filter(({ n }) => n > 1);
  const from = samples.reduce((sum, { n }) => sum + n - 1, 0);
  if (from === 0) return null;
  const squares = samples.reduce((sum, { n, deviation }) => sum + (n - 1) * deviation ** 2, 0);
  return { sigma: Math.sqrt(squares / from), from };
}
