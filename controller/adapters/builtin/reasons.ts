// Why a move is made, in words: what happened before to the same knob.
import { type Knob, numberOf } from './knobs.ts';
import type { Move } from './moves.ts';
import type { Trial } from './trials.ts';

/** A short reason for a move, from the last time that its knob was moved. */
export function reasonFor(move: Move, knob: Knob, trials: readonly Trial[]): string {
  const last = trials.findLast((t) => t.moves.some((m) => m.name === move.name));
  if (!last) return 'not moved before';
  const before = last.moves.find((m) => m.name === move.name)!;
  const what = `${before.from} -> ${before.to}${last.moves.length > 1 ? ' (with another)' : ''}`;
  const turned = turn(before, move, knob);
  if (last.gain === null) return `${turned}, ${what} crashed`;
  return `${turned}, ${what} ${last.gain > 0 ? 'gained' : 'lost'} ${Math.abs(last.gain).toFixed(3)}`;
}

/** How a move stands to the one before it on the same knob. */
function turn(before: Move, move: Move, knob: Knob): string {
  if (move.to === before.from) return 'back again';
  if (move.to === before.to) return 'once more, the rest has changed';
  if (knob.domain.kind === 'choice') return 'another one';
  return sameWay(before, move) ? 'further' : 'the other way';
}

/** Two sentences: what the knobs are, and what the past makes of the change. */
export function hypothesisFor(
  moves: readonly Move[],
  knobs: readonly Knob[],
  trials: readonly Trial[],
  gain: number,
): string {
  const about = moves.map(({ name, from, to }) => {
    const says = knobs.find((k) => k.name === name)?.about;
    return `${name} (${says || 'a constant'}) goes from ${from} to ${to}`;
  });
  const measured = trials.filter((t) => t.moves.length > 0).length;
  const hope = gain > 0 ? 'point to a gain' : 'say little about it, so it is worth knowing';
  const past =
    measured === 0
      ? 'Nothing has been measured yet but the baseline.'
      : `The ${measured} results so far ${hope}.`;
  return `${about.join('; ')}. ${past}`;
}

function sameWay(a: Move, b: Move): boolean {
  const [a0, a1, b0, b1] = [a.from, a.to, b.from, b.to].map(numberOf);
  if (a0 == null || a1 == null || b0 == null || b1 == null) return false;
  return Math.sign(a1 - a0) === Math.sign(b1 - b0);
}
