// The simulation trusts the memory frontier: over any sequence of calls it must answer as git does.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Draft } from '../../../controller/core/decision.ts';
import type { Claim, Frontier } from '../../../controller/ports.ts';
import { keepOf } from '../../contract/drafts.ts';
import { MemoryFrontier } from '../../memory/frontier.ts';
import { newRepository, openLane } from './repositories.ts';

const controller = fc.constantFrom(0, 1);
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ act: fc.constant('claim' as const), controller }) },
  { weight: 5, arbitrary: fc.record({ act: fc.constant('keep' as const), controller, stale: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('again' as const), controller }) },
);

/** Two controllers on one repository; what each remembers is its own claim and its last try at keeping. */
class Pair {
  readonly #frontiers: readonly [Frontier, Frontier];
  readonly #claims: [Claim?, Claim?] = [];
  readonly #tries: [(() => Promise<string>)?, (() => Promise<string>)?] = [];

  constructor(first: Frontier, second: Frontier) {
    this.#frontiers = [first, second];
  }

  /** What a step answers, in words that are the same for every frontier. */
  async take(n: number, { act, controller, ...how }: { act: string; controller: number; stale?: boolean }) {
    const who = controller as 0 | 1;
    const frontier = this.#frontiers[who];
    if (act === 'claim') {
      this.#claims[who] = await frontier.claim();
      return `epoch ${this.#claims[who].epoch}`;
    }
    if (act === 'again') return (await this.#tries[who]?.()) ?? 'nothing to try';
    const claim = this.#claims[who];
    if (!claim) return 'no claim';
    const { kept } = await frontier.view();
    const tip = (how.stale ? kept.at(-2) : kept.at(-1))?.decision.commit ?? null;
    const trainPy = `n = ${n}\n`;
    const draft = keepOf(n, trainPy, tip, 9 - n / 100, claim.epoch);
    this.#tries[who] = () => this.#keep(who, draft, trainPy, claim);
    return this.#tries[who]();
  }

  async #keep(who: 0 | 1, draft: Draft, trainPy: string, claim: Claim): Promise<string> {
    const answer = await this.#frontiers[who].keep(draft, trainPy, claim);
    if (answer.kind === 'kept') this.#claims[who] = answer.claim;
    const { kept, foreign } = await this.#frontiers[who].view();
    return `${answer.kind}, ${kept.length} kept (${kept.map((k) => k.decision.experiment)}), ${foreign}`;
  }
}

test('the memory frontier answers as git does, whatever two controllers do', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 9 }), async (steps) => {
      const memory = new MemoryFrontier();
      const { repo, remove } = await newRepository();
      const pairs = [new Pair(memory, memory), new Pair(openLane(repo), openLane(repo))] as const;
      const answers: [string[], string[]] = [[], []];
      for (const [n, s] of [{ act: 'claim', controller: 0 }, ...steps].entries()) {
        answers[0].push(await pairs[0].take(n, s));
        answers[1].push(await pairs[1].take(n, s));
      }
      await remove();
      expect(answers[1]).toEqual(answers[0]);
    }),
    { numRuns: 6, endOnFailure: true },
  );
});
