// A proposer that has a file ready for each id, and one repair: for scripts of which every end is known.
import type { Proposer } from '../../controller/ports.ts';

/** `files` by id, the baseline's first; `repaired` mends a misspelt name. */
export function scripted(files: Readonly<Record<number, string>>, repaired: string): Proposer {
  return {
    propose: async ({ next, tip }) => {
      const trainPy = files[next];
      if (trainPy === undefined) return { kind: 'none', sentence: 'the script is at its end', retry: false };
      const idea = { description: `idea ${next}`, hypothesis: '', source: 'builtin' as const, stackOf: null };
      return { kind: 'ideas', ideas: [{ ...idea, base: tip, trainPy }] };
    },
    fix: async ({ reason }) => (reason === 'name' ? repaired : null),
  };
}
