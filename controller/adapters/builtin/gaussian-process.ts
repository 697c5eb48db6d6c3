// A Gaussian process that grows by one trial at a time: its factor gets a row, and nothing is factorised anew.
import type { Point, Similarity } from './similarity.ts';
import type { Slices } from './slices.ts';

/** A vector over the trials, divided by the factor as far as it was needed; it grows with them. */
export type Whitened = number[];

export class GaussianProcess {
  readonly #similarity: Similarity;
  readonly #noise: number;
  readonly #work: Slices;
  readonly #points: Point[] = [];
  readonly #factor: Float64Array[] = [];
  /** The targets, and as many ones, whitened. */
  readonly #targets: Whitened = [];
  readonly #ones: Whitened = [];
  #mean = 0;
  #variance = 0;

  constructor(similarity: Similarity, noise: number, work: Slices) {
    this.#similarity = similarity;
    this.#noise = noise;
    this.#work = work;
  }

  get size(): number {
    return this.#points.length;
  }

  add(point: Point, target: number): void {
    const n = this.#points.length;
    const row = new Float64Array(n + 1);
    for (let i = 0; i < n; i++) row[i] = this.#similarity(point, this.#points[i]!);
    for (let i = 0; i < n; i++) row[i] = this.#divided(row[i]!, this.#factor[i]!, row, i);
    let left = this.#similarity(point, point) + this.#noise;
    for (let i = 0; i < n; i++) left -= row[i]! * row[i]!;
    row[n] = Math.sqrt(Math.max(left, 1e-12));
    this.#work.did((n + 1) * point.length + (n * n) / 2 + 3 * n);
    this.#points.push(point);
    this.#factor.push(row);
    this.#targets.push(this.#divided(target, row, this.#targets, n));
    this.#ones.push(this.#divided(1, row, this.#ones, n));
  }

  /** Forgets all trials but the first `size`. */
  cut(size: number): void {
    for (const list of [this.#points, this.#factor, this.#targets, this.#ones]) list.length = size;
  }

  /**
   * Takes mean and variance from the trials so far, for good. Returns the logarithm of how likely these are, up to a
   * constant.
   */
  learn(): number {
    const n = this.size;
    this.#mean = dot(this.#ones, this.#targets, n) / dot(this.#ones, this.#ones, n);
    let squares = 0;
    let logDeterminant = 0;
    for (let i = 0; i < n; i++) {
      squares += (this.#targets[i]! - this.#mean * this.#ones[i]!) ** 2;
      logDeterminant += 2 * Math.log(this.#factor[i]![i]!);
    }
    this.#variance = Math.max(squares / n, 1e-6);
    return -0.5 * (n * Math.log(this.#variance) + logDeterminant);
  }

  /**
   * What going from one place to another gains. Of the difference itself: two close places are equally uncertain, but
   * not as to which is better. `known` is what the last call for these places left, and is brought up to date.
   */
  difference(from: Point, to: Point, known: Whitened): { gain: number; sd: number } {
    const n = this.size;
    for (let i = known.length; i < n; i++) {
      const point = this.#points[i]!;
      const change = this.#similarity(point, to) - this.#similarity(point, from);
      known.push(this.#divided(change, this.#factor[i]!, known, i));
      this.#work.did(2 * point.length + i);
    }
    let gain = 0;
    let explained = 0;
    for (let i = 0; i < n; i++) {
      gain += known[i]! * (this.#targets[i]! - this.#mean * this.#ones[i]!);
      explained += known[i]! ** 2;
    }
    this.#work.did(2 * n);
    const variance = 2 * (1 - this.#similarity(from, to)) - explained;
    return { gain, sd: Math.sqrt(this.#variance * Math.max(variance, 0)) };
  }

  /** Element `i` of a vector divided by the factor, whose elements before it are divided already. */
  #divided(element: number, row: Float64Array, before: ArrayLike<number>, i: number): number {
    return (element - dot(row, before, i)) / row[i]!;
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>, n: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += a[i]! * b[i]!;
  return total;
}
