// A knob's values on a scale from 0 to 1, so that steps of different knobs compare.
import { type Knob, numberOf, type Range } from './knobs.ts';

/** Where a literal stands between the bounds of a range, 0 to 1; outside of them it is put on the nearer one. */
export function positionOf(literal: string, range: Range): number {
  const value = numberOf(literal) ?? range.low;
  const at = range.log
    ? Math.log(Math.max(value, range.low) / range.low) / Math.log(range.high / range.low)
    : (value - range.low) / (range.high - range.low);
  return Math.min(1, Math.max(0, at));
}

/** The literal at a position: a round number (two digits, or a 200th of a linear range), whole where the knob is. */
export function literalAt(position: number, range: Range): string {
  const { low, high, log, whole } = range;
  const exact = log ? low * (high / low) ** position : low + (high - low) * position;
  if (whole) return String(Math.min(Math.floor(high), Math.max(Math.ceil(low), Math.round(exact))));
  const rounded = log
    ? Number(exact.toPrecision(2))
    : Number(exact.toFixed(Math.min(12, Math.max(0, Math.ceil(-Math.log10((high - low) / 200))))));
  const text = String(Math.min(high, Math.max(low, rounded)));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Another literal of the knob, `step` away on its scale; null where that is where it stands. */
export function stepped(knob: Knob, step: number): string | null {
  if (knob.domain.kind !== 'range') return null;
  const range = knob.domain;
  const from = numberOf(knob.literal)!;
  let literal = literalAt(Math.min(1, Math.max(0, positionOf(knob.literal, range) + step)), range);
  if (range.whole && Number(literal) === from) literal = String(from + Math.sign(step));
  const to = Number(literal);
  return to === from || to < range.low || to > range.high ? null : literal;
}
