// A language model that answers late: each call takes its time, and every idea is handed over as it comes.

import type { Brief } from '../../../controller/brief.ts';
import type { Idea } from '../../../controller/core/idea.ts';
import type { Clock, Proposer } from '../../../controller/ports.ts';
import { type Land, thinkingSeconds, withIdea } from './landscape.ts';

export class ScriptedProposer implements Proposer {
  readonly #land: Land;
  readonly #clock: Clock;
  /** Calls that are under way, and the most that ever were. */
  #calls = 0;
  most = 0;
  #ideas = 0;
  #warm = '';

  constructor(land: Land, clock: Clock) {
    this.#land = land;
    this.#clock = clock;
  }

  async propose(brief: Brief, count: number, signal: AbortSignal, here?: (idea: Idea) => void) {
    const ideas: Idea[] = [];
    const call = async () => {
      this.most = Math.max(this.most, ++this.#calls);
      const k = ++this.#ideas;
      await this.#clock.sleep(1000 * thinkingSeconds(this.#land, k), signal);
      this.#calls--;
      signal.throwIfAborted();
      this.#warm = brief.tip;
      const trainPy = withIdea(this.#land, brief.trainPy, k);
      const source = 'anthropic' as const;
      const idea = {
        description: `edit ${k}`,
        hypothesis: '',
        source,
        base: brief.tip,
        trainPy,
        stackOf: null,
      };
      if (here) here(idea);
      else ideas.push(idea);
    };
    let left = count;
    if (this.#warm !== brief.tip) {
      await call();
      left--;
    }
    await Promise.all(Array.from({ length: left }, call));
    return { kind: 'ideas' as const, ideas };
  }

  async fix(): Promise<null> {
    return null;
  }
}
