// One idea after the other: each of a batch is thought of as if the ones before it were on trial already, so that
// asking for two at once or one by one gives the same two.

import type { Brief } from '../../brief.ts';
import type { Idea } from '../../core/idea.ts';
import { sha256Hex } from '../../intent.ts';
import type { Proposed } from '../../ports.ts';
import { forbiddenBy } from './bounds.ts';
import type { Slices } from './slices.ts';

export type Thought = Pick<Idea, 'description' | 'hypothesis' | 'trainPy'>;

/** The idea for the next id, of those that were not tried; null where none is left. It counts as on trial from then on. */
type NextThought = (
  next: number,
  tried: (trainPy: string) => boolean,
) => Thought | null | Promise<Thought | null>;

/** What a deterministic proposer must say: how it goes on from a brief. */
export type Thinker = (brief: Brief, work: Slices) => NextThought;

/** At most `count` ideas; `none` where there is nothing for the first: for good, unless a result may still come. */
export async function oneByOne(
  brief: Brief,
  count: number,
  think: Thinker,
  exhausted: string,
  work: Slices,
): Promise<Proposed> {
  const ideas: Idea[] = [];
  const open = [...brief.open, ...brief.ready.map((idea) => idea.description)];
  const waiting = new Set(brief.ready.map((idea) => sha256Hex(idea.trainPy)));
  const forbidden = forbiddenBy(brief.guidance, brief.trainPy);
  const tried = (trainPy: string) => {
    const sha256 = sha256Hex(trainPy);
    return waiting.has(sha256) || brief.tried.includes(sha256) || forbidden(trainPy);
  };
  const thought = think({ ...brief, open }, work);
  while (ideas.length < count) {
    const idea = await thought(brief.next + ideas.length, tried);
    if (!idea) break;
    ideas.push({ ...idea, source: 'builtin', base: brief.tip, stackOf: null });
    waiting.add(sha256Hex(idea.trainPy));
  }
  if (ideas.length > 0) return { kind: 'ideas', ideas };
  return { kind: 'none', sentence: exhausted, retry: brief.open.length > 0 };
}
