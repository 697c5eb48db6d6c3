// Why a move is made, in words: what happened before to the same knob.

import type { KnobChange } from './knob-changes.ts';
import { type Knob, numberOf } from './knobs.ts';
import type { Observation } from './observations.ts';

/** A short reason for a move, from the last time that its knob was moved. */
export function reasonFor(change: KnobChange, knob: Knob, observations: readonly Observation[]): string {
  const last = observations.findLast((t) => t.changes.some((m) => m.name === change.name));
  if (!last) return 'not moved before';
  const before = last.changes.find((m) => m.name === change.name)!;
  const what = `${before.from} -> ${before.to}${last.changes.length > 1 ? ' (with another)' : ''}`;
  const turned = turn(before, change, knob);
  if (last.gain === null) return `${turned}, ${what} crashed`;
  return `${turned}, ${what} ${last.gain > 0 ? 'gained' : 'lost'} ${Math.abs(last.gain).toFixed(3)}`;
}

/** How a move stands to the one before it on the same knob. */
function turn(before: KnobChange, change: KnobChange, knob: Knob): string {
  if (change.to === before.from) return 'back again';
  if (change.to === before.to) return 'once more, the rest has changed';
  if (knob.domain.kind === 'choice') return 'another one';
  return sameWay(before, change) ? 'further' : 'the other way';
}

interface Known {
  readonly knobs: readonly Knob[];
  readonly observations: readonly Observation[];
  /** What is expected of the change, in bits per byte. */
  readonly gain: number;
}

/** Why the change is made, in sentences: what happened before to its knobs, what they are, what the past makes of it. */
export function hypothesisFor(
  changes: readonly KnobChange[],
  reasons: readonly string[],
  { knobs, observations, gain }: Known,
): string {
  const why = reasons.map((reason) => `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`).join(' ');
  const about = changes.map(({ name, from, to }) => {
    const says = knobs.find((k) => k.name === name)?.about;
    return `${name} (${says || 'a constant'}) goes from ${from} to ${to}`;
  });
  const measured = observations.filter((t) => t.changes.length > 0).length;
  const hope = gain > 0 ? 'point to a gain' : 'say little about it, so it is worth knowing';
  const past =
    measured === 0
      ? 'Nothing has been measured yet but the baseline.'
      : `The ${measured} results so far ${hope}.`;
  return `${why} ${about.join('; ')}. ${past}`;
}

function sameWay(a: KnobChange, b: KnobChange): boolean {
  const [a0, a1, b0, b1] = [a.from, a.to, b.from, b.to].map(numberOf);
  if (a0 == null || a1 == null || b0 == null || b1 == null) return false;
  return Math.sign(a1 - a0) === Math.sign(b1 - b0);
}
