// The proposers that need no key and no network.
import type { Proposer } from '../../ports.ts';
import { knobsOf } from './knobs.ts';
import { nobody } from './none.ts';
import { changeNothing } from './null.ts';
import { oneByOne, type Thinker } from './one-by-one.ts';
import { draw } from './random.ts';
import { repair } from './repair.ts';
import { bestCandidate } from './search.ts';
import { Slices } from './slices.ts';

/** `builtin` learns from the past; `random` and `null` are there to be compared with it. */
type Searching = 'builtin' | 'random' | 'null';

/** `none` waits for a person. */
export type BuiltinProposer = Searching | 'none';

const thoughts: Readonly<Record<Searching, { think: Thinker; exhausted: string }>> = {
  builtin: {
    think: bestCandidate,
    exhausted:
      'every change of train.py\'s constants was tried; mark more of them with "# range:" or "# one of:"',
  },
  random: { think: draw, exhausted: 'no change of one constant is left untried; use --proposer builtin' },
  null: { think: changeNothing, exhausted: 'this comment was tried before; start with another --dir' },
};

const NO_CONSTANT =
  'train.py has no constant to turn. Set its numbers at the top level, each once, as NAME = 0.1, and begin a new lane; or let Claude propose';

/** A proposer that holds no state: the same brief gets the same ideas, and a restart loses nothing. */
export function proposerOf(kind: BuiltinProposer): Proposer {
  if (kind === 'none') return nobody;
  const { think, exhausted } = thoughts[kind];
  return {
    async propose(brief, count, signal) {
      signal.throwIfAborted();
      const turnable = kind === 'null' || knobsOf(brief.trainPy).length > 0;
      const proposed = await oneByOne(
        brief,
        count,
        think,
        turnable ? exhausted : NO_CONSTANT,
        new Slices(signal),
      );
      signal.throwIfAborted();
      return proposed;
    },
    fix: async (brief) => repair(brief),
  };
}
