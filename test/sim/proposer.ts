// Ideas for the simulation: one constant moved, or a way to fail, fixed by the world, the id and the tip.

import type { Brief, FixBrief } from '../../controller/brief.ts';
import type { Idea } from '../../controller/core/idea.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { Proposed, Proposer } from '../../controller/ports.ts';
import { dice, pick } from './dice.ts';
import type { Plan } from './plan.ts';
import { FAILS, fileOf, KNOBS, read, TRIVIAL, VALUES } from './trainer.ts';

const TRIES = 50;

export class SimProposer implements Proposer {
  readonly #plan: Plan;
  readonly #asked: (brief: Brief) => void;
  #answers = 0;

  constructor(plan: Plan, asked: (brief: Brief) => void) {
    this.#plan = plan;
    this.#asked = asked;
  }

  async propose(brief: Brief, count: number): Promise<Proposed> {
    this.#asked(brief);
    const { seed, rates } = this.#plan;
    const mood = dice(seed, 'mood', brief.next, this.#answers++);
    if (mood < rates.none / 3) return { kind: 'none', sentence: 'too many requests', retry: true };
    if (mood < (rates.none * 2) / 3) return { kind: 'ideas', ideas: [] };
    const fresh = Array.from({ length: count }, (_, i) => this.#idea(brief, brief.next + i));
    const ideas = fresh.filter((idea) => idea !== null);
    if (ideas.length === 0) return { kind: 'none', sentence: 'every constant was tried', retry: false };
    if (mood < rates.none) return { kind: 'ideas', ideas: [...ideas, ideas[0]!].slice(0, count) };
    return { kind: 'ideas', ideas };
  }

  async fix({ experiment, trainPy }: FixBrief): Promise<string | null> {
    const { seed } = this.#plan;
    const { values, fail } = read(trainPy);
    if (!TRIVIAL.includes(fail)) throw new Error(`${experiment} did not crash on a trivial error`);
    const mood = dice(seed, 'fix', sha256Hex(trainPy));
    if (mood < 0.3) return null;
    return fileOf(values, mood < 0.8 ? 'none' : pick(FAILS, seed, 'fixed to', sha256Hex(trainPy)));
  }

  #idea(brief: Brief, id: number): Idea | null {
    const { seed } = this.#plan;
    const { values } = read(brief.trainPy);
    for (let salt = 0; salt < TRIES; salt++) {
      const words = [seed, 'idea', id, sha256Hex(brief.trainPy), salt];
      const knob = Math.floor(dice(...words, 'knob') * KNOBS.length);
      const value = Math.floor(dice(...words, 'value') * VALUES);
      const fails = dice(...words, 'fails') < 0.15 ? pick(FAILS, ...words) : 'none';
      const trainPy = fileOf(values.with(knob, value), fails);
      if (brief.tried.includes(sha256Hex(trainPy))) continue;
      return {
        description: `set ${KNOBS[knob]} to ${value}${fails === 'none' ? '' : ` and ${fails}`}`,
        hypothesis: '',
        source: 'builtin',
        base: brief.tip,
        trainPy,
        stackOf: null,
      };
    }
    return null;
  }
}
