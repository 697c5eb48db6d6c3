// One idea after the other: each of a batch is thought of as if the ones before it were on trial already, so that
// asking for two at once or one by one gives the same two.
import type { Brief, Idea } from '../../core/brief.ts';
import { sha256Hex } from '../../intent.ts';
import type { Proposed } from '../../ports.ts';

/** What a deterministic proposer must say: one idea for this brief that was not tried, or null where none is left. */
export type ProposeOne = (
  brief: Brief,
  tried: (trainPy: string) => boolean,
) => Pick<Idea, 'description' | 'hypothesis' | 'trainPy'> | null;

/** At most `count` ideas; `none` where `proposeOne` has nothing for the first: for good, unless a result may still come. */
export function oneByOne(brief: Brief, count: number, proposeOne: ProposeOne, exhausted: string): Proposed {
  const ideas: Idea[] = [];
  const tried = new Set(brief.tried);
  let shown = brief;
  while (ideas.length < count) {
    const thought = proposeOne(shown, (trainPy) => tried.has(sha256Hex(trainPy)));
    if (!thought) break;
    ideas.push({ ...thought, source: 'builtin', base: brief.tip, stackOf: null });
    tried.add(sha256Hex(thought.trainPy));
    shown = { ...shown, next: shown.next + 1, open: [...shown.open, thought.description] };
  }
  if (ideas.length > 0) return { kind: 'ideas', ideas };
  return { kind: 'none', sentence: exhausted, retry: brief.open.length > 0 };
}
