// Training a list of files on an executor, some at a time, for their numbers alone: nothing is recorded or decided.

import type { Clocks } from '../core/experiment.ts';
import { classify } from '../core/log/classify.ts';
import type { Outcome } from '../core/outcome.ts';
import { occupiesSlot } from '../core/run.ts';
import { intentSha256, sha256Hex } from '../intent.ts';
import type { Clock, Executor, Intent, Run } from '../ports.ts';

export interface Asked {
  /** The experiment id of its run. */
  readonly id: string;
  readonly trainPy: string;
  readonly seed: number;
}

export interface Bench {
  readonly executor: Executor;
  readonly clock: Clock;
  /** Whose runs these are; all runs of it that were not asked for are removed. */
  readonly lane: string;
  readonly clocks: Clocks;
  readonly requireSealed: boolean;
  /** Runs at a time. */
  readonly width: number;
  readonly pollMs: number;
}

export interface ReplayObserver<T> {
  measured(asked: T, outcome: Outcome): void;
  /** After each look; `sentence`: why something waits, '' where nothing does. */
  looked(left: number, running: number, sentence: string): void;
  trouble(sentence: string): void;
}

/** What the machine loses is tried again, this often in all. */
const ATTEMPTS = 3;
/** So many looks in a row may fail before the trouble is thrown. */
const FAILURES = 60;
const LOG_TAIL_BYTES = 64 << 10;

/**
 * The outcome of each that was asked for, in order; of those that were not measured before `signal` aborted, none. A run
 * that is there already, of this very list, is adopted. Throws where one cannot be started at all.
 */
export async function measureAll<T extends Asked>(
  asked: readonly T[],
  bench: Bench,
  observer: ReplayObserver<T>,
  signal: AbortSignal,
): Promise<{ asked: T; outcome: Outcome }[]> {
  const bout = new Bout(asked, bench, observer);
  let failures = 0;
  while (!bout.done && !signal.aborted) {
    try {
      await bout.look();
      failures = 0;
    } catch (error) {
      if (error instanceof Unstartable || ++failures === FAILURES) throw error;
      observer.trouble((error as Error).message);
    }
    if (!bout.done) await bench.clock.sleep(bench.pollMs, signal);
  }
  // Until then what has ended stays: where this is broken off, it need not be trained again.
  if (bout.done) await clear(bench).catch((error) => observer.trouble((error as Error).message));
  return bout.outcomes;
}

/** Removes all runs of the bench's lane. */
export async function clear({ executor, lane }: Pick<Bench, 'executor' | 'lane'>): Promise<void> {
  for (const run of await executor.list(lane)) await executor.remove(run);
}

/**
 * Removes the runs of the lane that another image than `image` runs. An intent names no image: what the other measures
 * would be taken for this one's. An image named without its digest may be any, so then all that has begun is removed.
 */
export async function keepImage(
  { executor, lane }: Pick<Bench, 'executor' | 'lane'>,
  image: string,
): Promise<void> {
  const digest = /sha256:[0-9a-f]{64}/.exec(image)?.[0];
  for (const run of await executor.list(lane))
    if (run.image !== '' && run.image !== digest) await executor.remove(run);
}

class Unstartable extends Error {}

class Bout<T extends Asked> {
  readonly #asked: readonly T[];
  readonly #bench: Bench;
  readonly #observer: ReplayObserver<T>;
  /** By id: which attempt is next or under way. */
  readonly #attempts = new Map<string, number>();
  readonly #outcomes = new Map<string, Outcome>();

  constructor(asked: readonly T[], bench: Bench, observer: ReplayObserver<T>) {
    this.#asked = asked;
    this.#bench = bench;
    this.#observer = observer;
  }

  get done(): boolean {
    return this.#outcomes.size === this.#asked.length;
  }

  get outcomes(): { asked: T; outcome: Outcome }[] {
    const pairs = this.#asked.map((asked) => ({ asked, outcome: this.#outcomes.get(asked.id) }));
    return pairs.filter((pair): pair is { asked: T; outcome: Outcome } => pair.outcome !== undefined);
  }

  /** Collects what has ended, then starts what there is room for. */
  async look(): Promise<void> {
    const { executor, lane, width } = this.#bench;
    const busy = new Set<string>();
    let waits = '';
    for (const run of await executor.list(lane)) {
      const asked = this.#askedBy(run);
      if (!asked) await executor.remove(run);
      else if (this.#outcomes.has(asked.id)) continue;
      else if (run.state.kind === 'ended' && !occupiesSlot(run)) await this.#collect(asked, run);
      else busy.add(asked.id);
      if (run.state.kind === 'pending') waits = run.state.sentence;
    }
    for (const asked of this.#asked) {
      if (busy.size >= width) break;
      if (this.#outcomes.has(asked.id) || busy.has(asked.id)) continue;
      const launched = await executor.launch(this.#intent(asked, this.#attempts.get(asked.id) ?? 1));
      if (launched.kind === 'conflict' || launched.kind === 'unfit') throw new Unstartable(launched.sentence);
      if (launched.kind === 'held') {
        waits = launched.sentence;
        break;
      }
      busy.add(asked.id);
    }
    this.#observer.looked(this.#asked.length - this.#outcomes.size, busy.size, waits);
  }

  /** What the run measures; null: something that nobody asks for any more. */
  #askedBy(run: Run): T | null {
    const asked = this.#asked.find(({ id }) => id === run.experiment);
    if (!asked || run.attempt < (this.#attempts.get(asked.id) ?? 1)) return null;
    if (intentSha256(this.#intent(asked, run.attempt)) !== run.intent) return null;
    this.#attempts.set(asked.id, run.attempt);
    return asked;
  }

  async #collect(asked: T, run: Run): Promise<void> {
    if (run.state.kind !== 'ended') return;
    const { ending } = run.state;
    const log = await this.#bench.executor.log(run, LOG_TAIL_BYTES);
    const outcome = classify({ run, ending, trainSha256: sha256Hex(asked.trainPy), log, logNote: '' });
    if (outcome.kind === 'lost' && run.attempt < ATTEMPTS) {
      await this.#bench.executor.remove(run);
      this.#attempts.set(asked.id, run.attempt + 1);
      return this.#observer.trouble(`${asked.id} was lost and is tried again: ${outcome.sentence}`);
    }
    this.#outcomes.set(asked.id, outcome);
    this.#observer.measured(asked, outcome);
  }

  #intent({ id, trainPy, seed }: T, attempt: number): Intent {
    const { lane, clocks, requireSealed } = this.#bench;
    return { lane, experiment: id, attempt, parent: null, trainPy, seed, clocks, requireSealed };
  }
}
