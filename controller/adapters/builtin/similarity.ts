// Places in the space of the knobs, and how much two of them have in common.
import type { Knob } from './knobs.ts';
import type { Values } from './observations.ts';
import { positionOf } from './scale.ts';

/** Per knob a position on its scale, or the number of an option. */
export type Point = Float64Array;

export type Similarity = (a: Point, b: Point) => number;

/** Share of the effects that knobs have together and not one by one; over a wider reach, for it spans all knobs. */
const TOGETHER = 0.3;
const TOGETHER_REACH = 3;
/** How unlike two options of a choice are, on the scale of the numbers. */
const OPTIONS_APART = 0.3;

export function pointOf(knobs: readonly Knob[], values: Values): Point {
  return Float64Array.from(knobs, ({ name, literal, domain }) => {
    const value = values.get(name) ?? literal;
    return domain.kind === 'range' ? positionOf(value, domain) : domain.options.indexOf(value);
  });
}

/** 1 for the same place; falls with distance, partly knob by knob, partly over all of them. */
export function similarityOf(knobs: readonly Knob[], reach: number): Similarity {
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
