// One idea after the other: each of a batch is thought of as if the ones before it were on trial already, so that
// asking for two at once or one by one gives the same two.
import type { Brief, Idea } from '../../core/brief.ts';
import type { Proposed } from '../../ports.ts';

/** What a deterministic proposer must say: one idea for this brief, or null where none is left. */
export type Think = (brief: Brief) => Pick<Idea, 'description' | 'hypothesis' | 'trainPy'> | null;

/** At most `count` ideas; `none` where `think` has nothing for the first: for good, unless a result may still come. */
export function inTurn(brief: Brief, count: number, think: Think, exhausted: string): Proposed {
  const ideas: Idea[] = [];
  let shown = brief;
  while (ideas.length < count) {
    const thought = think(shown);
    if (!thought) break;
    ideas.push({ ...thought, source: 'builtin', base: brief.tip, stackOf: null });
    const before = shown;
    shown = {
      ...before,
      next: before.next + 1,
      open: [...before.open, thought.description],
      tried: (trainPy) => trainPy === thought.trainPy || before.tried(trainPy),
    };
  }
  if (ideas.length > 0) return { kind: 'ideas', ideas };
  return { kind: 'none', sentence: exhausted, retry: brief.open.length > 0 };
}
