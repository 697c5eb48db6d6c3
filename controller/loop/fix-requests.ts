// Repairs of trivial crashes, through all sessions of a controller: one that was paid for outlives the trouble that ends
// the session which asked for it.
import { needsRepair } from '../core/attempt.ts';
import type { OpenExperiment } from '../core/world.ts';
import type { Proposer } from '../ports.ts';
import type { Ledger } from './ledger.ts';
import type { Observer } from './observer.ts';

export class FixRequests {
  readonly #proposer: Proposer;
  readonly #observer: Observer;
  readonly #ended: AbortSignal;
  readonly #changed: () => void;
  readonly #underWay = new Set<string>();
  /** By experiment, until it is settled; null where there is none. */
  readonly #fixes = new Map<string, string | null>();

  constructor(proposer: Proposer, observer: Observer, ended: AbortSignal, changed: () => void) {
    this.#proposer = proposer;
    this.#observer = observer;
    this.#ended = ended;
    this.#changed = changed;
  }

  /** Experiments whose repair is asked for, as of now. */
  underWay(): Set<string> {
    return new Set(this.#underWay);
  }

  /** Asks for the one repair of a crash; when something came of it, `changed` is called. */
  ask({ proposal, results, current }: OpenExperiment): void {
    const { experiment, description } = proposal;
    const { reason, tail } = results.at(-1)!.outcome;
    this.#underWay.add(experiment);
    const brief = { experiment, description, trainPy: current, reason, tail };
    const answered = this.#proposer.fix(brief, this.#ended).catch((error) => {
      if (this.#ended.aborted) return null;
      const sentence = `no repair of ${experiment}: ${String(error)}`;
      this.#observer.happened({ kind: 'trouble', sentence });
      return null;
    });
    void answered.then((trainPy) => {
      this.#underWay.delete(experiment);
      this.#fixes.set(experiment, trainPy);
      this.#changed();
    });
  }

  /** Brings what has come into a ledger, which may have been read after it was asked for. */
  deliver(ledger: Ledger): void {
    for (const [experiment, trainPy] of this.#fixes) {
      const open = ledger.open.get(experiment);
      if (open && needsRepair(open))
        ledger.amend(open, trainPy === null ? { unfixable: true } : { repaired: trainPy });
      if (ledger.settled.has(experiment)) this.#fixes.delete(experiment);
    }
  }
}
