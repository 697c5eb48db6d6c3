// What a change is likely to gain, and how sure that is: learnt from what was measured, and told what is on trial.
import { GaussianProcess, type Whitened } from './gaussian-process.ts';
import type { Knob } from './knobs.ts';
import type { Observation, Values } from './observations.ts';
import { type Point, pointOf, type Similarity, similarityOf } from './similarity.ts';
import type { Slices } from './slices.ts';

/** Expected gain of one place over another, and its standard deviation, in units of the past's spread. */
export interface Expectation {
  readonly gain: number;
  readonly sd: number;
}

/** A place that may be asked about again and again: what was worked out before is kept. */
export interface Outlook {
  readonly to: Point;
  readonly whitened: Whitened;
  expected: Expectation | null;
  /** What had gone on trial, and given its place up, by then. */
  trials: number;
  cuts: number;
}

interface OnTrial {
  readonly point: Point;
  readonly nearness: number;
}

/** Distance on a knob's scale over which its effect is half forgotten; the past decides which. */
const REACHES = [0.3, 0.6];
/** Variance of the measurement, as a share of the variance of all effects; the past decides which. */
const NOISES = [0.02, 0.1, 0.4];
/** Of what is on trial, only so much is told, the nearest: what a thousand GPUs do must not cost a thousand times as much. */
const ON_TRIAL = 64;

export class Surrogate {
  readonly #knobs: readonly Knob[];
  readonly #here: Point;
  readonly #similarity: Similarity;
  readonly #process: GaussianProcess;
  readonly #measured: number;
  /** How good it is here. */
  readonly #merit: number;
  #onTrial: readonly OnTrial[] = [];
  /** How often something new went on trial. */
  #trials = 0;
  /** Each time that something on trial gave its place up: as many trials stayed as they were. */
  readonly #cuts: number[] = [];

  /** Needs at least one trial that did not crash. */
  constructor(
    knobs: readonly Knob[],
    observations: readonly Observation[],
    here: { readonly values: Values; readonly bpb: number },
    work: Slices,
  ) {
    this.#knobs = knobs;
    this.#here = pointOf(knobs, here.values);
    const merit = meritAmong(observations.map((t) => t.bpb));
    this.#merit = merit(here.bpb);
    const points = observations.map((t) => pointOf(knobs, t.values));
    const targets = observations.map((t) => merit(t.bpb));
    const fits = REACHES.flatMap((reach) => {
      const similarity = similarityOf(knobs, reach);
      return NOISES.map((noise) => {
        const process = new GaussianProcess(similarity, noise, work);
        for (const [i, point] of points.entries()) process.add(point, targets[i]!);
        return { similarity, process, evidence: process.learn() };
      });
    });
    const best = fits.reduce((a, b) => (b.evidence > a.evidence ? b : a));
    this.#similarity = best.similarity;
    this.#process = best.process;
    this.#measured = points.length;
  }

  /** Counts what is on trial as tried without a gain over here, so that the next idea goes elsewhere. */
  tries(places: readonly Values[]): void {
    const before = this.#onTrial;
    const more = places.map((values) => {
      const point = pointOf(this.#knobs, values);
      return { point, nearness: this.#similarity(this.#here, point) };
    });
    this.#onTrial = nearest([...before, ...more]);
    const same = before.findIndex((one, i) => one !== this.#onTrial[i]);
    const stay = same < 0 ? before.length : same;
    if (stay < before.length) {
      this.#cuts.push(this.#measured + stay);
      this.#process.cut(this.#measured + stay);
    }
    const added = this.#onTrial.slice(stay);
    for (const { point } of added) this.#process.add(point, this.#merit);
    if (added.length > 0) this.#trials++;
  }

  outlook(values: Values): Outlook {
    const to = pointOf(this.#knobs, values);
    return { to, whitened: [], expected: null, trials: this.#trials, cuts: this.#cuts.length };
  }

  /** What going there from here is expected to gain. */
  expect(outlook: Outlook): Expectation {
    if (outlook.expected && outlook.trials === this.#trials) return outlook.expected;
    const { to, whitened } = outlook;
    for (; outlook.cuts < this.#cuts.length; outlook.cuts++)
      whitened.length = Math.min(whitened.length, this.#cuts[outlook.cuts]!);
    outlook.trials = this.#trials;
    outlook.expected = this.#process.difference(this.#here, to, whitened);
    return outlook.expected;
  }
}

/** In the order in which they came. */
function nearest(onTrial: readonly OnTrial[]): readonly OnTrial[] {
  if (onTrial.length <= ON_TRIAL) return onTrial;
  const chosen = new Set([...onTrial].sort((a, b) => b.nearness - a.nearness).slice(0, ON_TRIAL));
  return onTrial.filter((one) => chosen.has(one));
}

/** How good a result is, the best 0: on a logarithmic scale, so that one explosion does not drown small gains. */
function meritAmong(results: readonly (number | null)[]): (bpb: number | null) => number {
  const known = results.filter((bpb) => bpb !== null);
  const best = Math.min(...known);
  const above = known.map((bpb) => bpb - best).sort((a, b) => a - b);
  const spread = above[Math.ceil((above.length - 1) / 2)] || 1;
  const merit = (bpb: number) => -Math.log1p((bpb - best) / spread);
  const crash = merit(Math.max(...known)) - 0.5;
  return (bpb) => (bpb === null ? crash : merit(bpb));
}
