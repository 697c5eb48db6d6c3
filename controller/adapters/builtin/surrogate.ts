// A Gaussian process over the knobs: what a change is likely to gain, and how sure that is.
import type { Knob } from './knobs.ts';
import type { Observation, Values } from './observations.ts';
import { positionOf } from './scale.ts';

/** Expected gain of one place over another, and its standard deviation, in units of the past's spread. */
export interface Expectation {
  readonly gain: number;
  readonly sd: number;
}

/** Per knob a position on its scale, or the number of an option. */
type Point = Float64Array;

/** Distance on a knob's scale over which its effect is half forgotten; the past decides which. */
const REACHES = [0.3, 0.6];
/** Variance of the measurement, as a share of the variance of all effects; the past decides which. */
const NOISES = [0.02, 0.1, 0.4];
/** Share of the effects that knobs have together and not one by one; over a wider reach, for it spans all knobs. */
const TOGETHER = 0.3;
const TOGETHER_REACH = 3;
/** How unlike two options of a choice are, on the scale of the numbers. */
const OPTIONS_APART = 0.3;

export class Surrogate {
  readonly #knobs: readonly Knob[];
  readonly #fit: Fit;

  /** Needs at least one trial that did not crash. */
  constructor(knobs: readonly Knob[], observations: readonly Observation[]) {
    this.#knobs = knobs;
    const points = observations.map((t) => this.#pointOf(t.values));
    const targets = merits(observations.map((t) => t.bpb));
    const similarities = REACHES.map((reach) => similarityOf(knobs, reach));
    const fits = similarities.flatMap((similarity) =>
      NOISES.map((noise) => new Fit(similarity, noise, points, targets)),
    );
    this.#fit = fits.reduce((best, fit) => (fit.evidence > best.evidence ? fit : best));
  }

  /** What going from one set of values to another is expected to gain. */
  from(values: Values): (to: Values) => Expectation {
    const expect = this.#fit.from(this.#pointOf(values));
    return (to) => expect(this.#pointOf(to));
  }

  #pointOf(values: Values): Point {
    return Float64Array.from(this.#knobs, ({ name, literal, domain }) => {
      const value = values.get(name) ?? literal;
      return domain.kind === 'range' ? positionOf(value, domain) : domain.options.indexOf(value);
    });
  }
}

/** How good each result is, best 0: on a logarithmic scale, so that one explosion does not drown small gains. */
function merits(results: readonly (number | null)[]): number[] {
  const known = results.filter((bpb) => bpb !== null);
  const best = Math.min(...known);
  const above = known.map((bpb) => bpb - best).sort((a, b) => a - b);
  const spread = above[Math.ceil((above.length - 1) / 2)] || 1;
  const merit = (bpb: number) => -Math.log1p((bpb - best) / spread);
  const crash = merit(Math.max(...known)) - 0.5;
  return results.map((bpb) => (bpb === null ? crash : merit(bpb)));
}

type Similarity = (a: Point, b: Point) => number;

/** 1 for the same place; falls with distance, partly knob by knob, partly over all of them. */
function similarityOf(knobs: readonly Knob[], reach: number): Similarity {
  const choice = knobs.map((knob) => knob.domain.kind === 'choice');
  const near = 1 / reach ** 2;
  const wide = 1 / (reach * TOGETHER_REACH) ** 2;
  return (a, b) => {
    let apart = 0;
    let total = 0;
    for (let i = 0; i < a.length; i++) {
      const step = a[i]! - b[i]!;
      const square = choice[i] ? (step === 0 ? 0 : OPTIONS_APART ** 2) : step * step;
      apart += 1 / (1 + square * near);
      total += square;
    }
    return ((1 - TOGETHER) * apart) / a.length + TOGETHER / (1 + total * wide);
  };
}

/** The trials under one similarity and one share of noise. */
class Fit {
  /** Logarithm of how likely the trials are, up to a constant. */
  readonly evidence: number;
  readonly #similarity: Similarity;
  readonly #points: readonly Point[];
  readonly #factor: readonly Float64Array[];
  readonly #weights: Float64Array;
  readonly #variance: number;

  constructor(similarity: Similarity, noise: number, points: readonly Point[], targets: readonly number[]) {
    this.#similarity = similarity;
    this.#points = points;
    const covariance = points.map((a, i) =>
      points.slice(0, i + 1).map((b, j) => similarity(a, b) + (i === j ? noise : 0)),
    );
    this.#factor = cholesky(covariance);
    const ones = this.#solve(targets.map(() => 1));
    const mean =
      dot(ones, targets) /
      dot(
        ones,
        ones.map(() => 1),
      );
    const centred = targets.map((t) => t - mean);
    this.#weights = this.#solve(centred);
    const n = targets.length;
    this.#variance = Math.max(dot(this.#weights, centred) / n, 1e-6);
    const logDeterminant = 2 * this.#factor.reduce((total, row, i) => total + Math.log(row[i]!), 0);
    this.evidence = -0.5 * (n * Math.log(this.#variance) + logDeterminant);
  }

  /** Of the difference itself: two close places are equally uncertain, but not as to which is better. */
  from(here: Point): (to: Point) => Expectation {
    const similarity = this.#similarity;
    const known = this.#points.map((point) => similarity(point, here));
    return (to) => {
      const change = Float64Array.from(this.#points, (point, i) => similarity(point, to) - known[i]!);
      const explained = forward(this.#factor, change);
      const variance = 2 * (1 - similarity(here, to)) - dot(explained, explained);
      return { gain: dot(this.#weights, change), sd: Math.sqrt(this.#variance * Math.max(variance, 0)) };
    };
  }

  #solve(right: readonly number[]): Float64Array {
    return backward(this.#factor, forward(this.#factor, right));
  }
}

function cholesky(lower: readonly (readonly number[])[]): Float64Array[] {
  const factor: Float64Array[] = [];
  for (const [i, row] of lower.entries()) {
    const out = new Float64Array(lower.length);
    for (let j = 0; j <= i; j++) {
      const above = j === i ? out : factor[j]!;
      let rest = row[j]!;
      for (let k = 0; k < j; k++) rest -= out[k]! * above[k]!;
      out[j] = j === i ? Math.sqrt(Math.max(rest, 1e-12)) : rest / above[j]!;
    }
    factor.push(out);
  }
  return factor;
}

function forward(factor: readonly Float64Array[], right: ArrayLike<number>): Float64Array {
  const out = new Float64Array(factor.length);
  for (const [i, row] of factor.entries()) {
    let rest = right[i]!;
    for (let k = 0; k < i; k++) rest -= row[k]! * out[k]!;
    out[i] = rest / row[i]!;
  }
  return out;
}

function backward(factor: readonly Float64Array[], right: ArrayLike<number>): Float64Array {
  const out = new Float64Array(factor.length);
  for (let i = factor.length - 1; i >= 0; i--) {
    let rest = right[i]!;
    for (let k = i + 1; k < factor.length; k++) rest -= factor[k]![i]! * out[k]!;
    out[i] = rest / factor[i]![i]!;
  }
  return out;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
