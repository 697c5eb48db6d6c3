// A proposer that costs nothing and never ends: what is measured is the loop, not the ideas.
import type { Proposer } from '../../../controller/ports.ts';

/** `fileOf`: the train.py of the idea with this number, from 1 on; each must be another. */
export function countedIdeas(fileOf: (n: number) => string): Proposer {
  let ideas = 0;
  return {
    propose: async ({ tip }, count) => ({
      kind: 'ideas',
      ideas: Array.from({ length: count }, () => ({
        description: `idea ${++ideas}`,
        hypothesis: '',
        source: 'builtin' as const,
        base: tip,
        trainPy: fileOf(ideas),
        stackOf: null,
      })),
    }),
    fix: async () => null,
  };
}
