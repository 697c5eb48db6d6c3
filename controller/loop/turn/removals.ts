// Removals that fail: what cannot be removed is told, and left for a while. Rows are published and the lane ends all the same.
import type { Decision } from '../../core/decision.ts';
import { attemptKey } from '../../core/world.ts';
import type { Clock, Executor, Run } from '../../ports.ts';
import { type Cooldown, cooldownFrom, leftMs } from '../../std/cooldown.ts';
import { inWords } from '../../std/errno.ts';

const AGAIN_MS = 60_000;

export class Removals {
  readonly #executor: Pick<Executor, 'remove'>;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #trouble: (sentence: string) => void;
  /** By attempt. */
  readonly #failed = new Map<string, Cooldown>();

  constructor(
    executor: Pick<Executor, 'remove'>,
    clock: Pick<Clock, 'now'>,
    trouble: (sentence: string) => void,
  ) {
    this.#executor = executor;
    this.#clock = clock;
    this.#trouble = trouble;
  }

  /** Whether it is removed. */
  async remove(run: Run, decision: Decision | undefined): Promise<boolean> {
    const key = attemptKey(run.experiment, run.attempt);
    try {
      await this.#executor.remove(run, decision);
      this.#failed.delete(key);
      return true;
    } catch (error) {
      this.#failed.set(key, cooldownFrom(this.#clock.now(), AGAIN_MS));
      this.#trouble(`${inWords(error)}; its removal is tried again in ${AGAIN_MS / 1000} s`);
      return false;
    }
  }

  /** By attempt, those that are left as they are for now. */
  get left(): ReadonlySet<string> {
    const now = this.#clock.now();
    return new Set([...this.#failed].flatMap(([key, cooldown]) => (leftMs(cooldown, now) > 0 ? [key] : [])));
  }
}
