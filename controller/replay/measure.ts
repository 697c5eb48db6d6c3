// Training a list of files on an executor, some at a time, for their numbers alone: nothing is decided.

import type { Clocks } from '../core/experiment.ts';
import { classify } from '../core/log/classify.ts';
import type { Outcome } from '../core/outcome.ts';
import { occupiesSlot } from '../core/run.ts';
import { intentSha256, sha256Hex } from '../intent.ts';
import type { Clock, Executor, Intent, Run } from '../ports.ts';

export interface Measurement {
  /** The experiment id of its run. */
  readonly id: string;
  readonly trainPy: string;
  readonly seed: number;
}

export interface ReplayRunner {
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
  measured(measurement: T, outcome: Outcome): void;
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
export async function measureAll<T extends Measurement>(
  measurements: readonly T[],
  runner: ReplayRunner,
  observer: ReplayObserver<T>,
  signal: AbortSignal,
): Promise<{ measurement: T; outcome: Outcome }[]> {
  const batch = new ReplayBatch(measurements, runner, observer);
  let failures = 0;
  while (!batch.done && !signal.aborted) {
    try {
      await batch.look();
      failures = 0;
    } catch (error) {
      if (error instanceof Unstartable || ++failures === FAILURES) throw error;
      observer.trouble((error as Error).message);
    }
    if (!batch.done) await runner.clock.sleep(runner.pollMs, signal);
  }
  // Until then what has ended stays: where this is broken off, it need not be trained again.
  if (batch.done) await clear(runner).catch((error) => observer.trouble((error as Error).message));
  return batch.outcomes;
}

/** Removes all runs of the runner's lane. */
export async function clear({ executor, lane }: Pick<ReplayRunner, 'executor' | 'lane'>): Promise<void> {
  for (const run of await executor.list(lane)) await executor.remove(run);
}

/**
 * Removes the runs of the lane that another image than `image` runs. An intent names no image: what the other measures
 * would be taken for this one's. An image named without its digest may be any, so then all that has begun is removed.
 */
export async function keepImage(
  { executor, lane }: Pick<ReplayRunner, 'executor' | 'lane'>,
  image: string,
): Promise<void> {
  const digest = /sha256:[0-9a-f]{64}/.exec(image)?.[0];
  for (const run of await executor.list(lane))
    if (run.image !== '' && run.image !== digest) await executor.remove(run);
}

class Unstartable extends Error {}

class ReplayBatch<T extends Measurement> {
  readonly #measurements: readonly T[];
  readonly #runner: ReplayRunner;
  readonly #observer: ReplayObserver<T>;
  /** By id: which attempt is next or under way. */
  readonly #attempts = new Map<string, number>();
  readonly #outcomes = new Map<string, Outcome>();

  constructor(measurements: readonly T[], runner: ReplayRunner, observer: ReplayObserver<T>) {
    this.#measurements = measurements;
    this.#runner = runner;
    this.#observer = observer;
  }

  get done(): boolean {
    return this.#outcomes.size === this.#measurements.length;
  }

  get outcomes(): { measurement: T; outcome: Outcome }[] {
    const pairs = this.#measurements.map((measurement) => ({
      measurement,
      outcome: this.#outcomes.get(measurement.id),
    }));
    return pairs.filter((pair): pair is { measurement: T; outcome: Outcome } => pair.outcome !== undefined);
  }

  /** Collects what has ended, then starts what there is room for. */
  async look(): Promise<void> {
    const { executor, lane, width } = this.#runner;
    const busy = new Set<string>();
    let waits = '';
    for (const run of await executor.list(lane)) {
      const measurement = this.#measurementOf(run);
      if (!measurement) await executor.remove(run);
      else if (this.#outcomes.has(measurement.id)) continue;
      else if (run.state.kind === 'ended' && !occupiesSlot(run)) await this.#collect(measurement, run);
      else busy.add(measurement.id);
      if (run.state.kind === 'pending') waits = run.state.sentence;
    }
    for (const measurement of this.#measurements) {
      if (busy.size >= width) break;
      if (this.#outcomes.has(measurement.id) || busy.has(measurement.id)) continue;
      const launched = await executor.launch(
        this.#intent(measurement, this.#attempts.get(measurement.id) ?? 1),
      );
      if (launched.kind === 'conflict' || launched.kind === 'unfit') throw new Unstartable(launched.sentence);
      if (launched.kind === 'held') {
        waits = launched.sentence;
        break;
      }
      busy.add(measurement.id);
    }
    this.#observer.looked(this.#measurements.length - this.#outcomes.size, busy.size, waits);
  }

  /** What the run measures; null: something that nobody asks for any more. */
  #measurementOf(run: Run): T | null {
    const measurement = this.#measurements.find(({ id }) => id === run.experiment);
    if (!measurement || run.attempt < (this.#attempts.get(measurement.id) ?? 1)) return null;
    if (intentSha256(this.#intent(measurement, run.attempt)) !== run.intent) return null;
    this.#attempts.set(measurement.id, run.attempt);
    return measurement;
  }

  async #collect(measurement: T, run: Run): Promise<void> {
    if (run.state.kind !== 'ended') return;
    const { ending } = run.state;
    const log = await this.#runner.executor.log(run, LOG_TAIL_BYTES);
    const outcome = classify({ run, ending, trainSha256: sha256Hex(measurement.trainPy), log, logNote: '' });
    if (outcome.kind === 'lost' && run.attempt < ATTEMPTS) {
      await this.#runner.executor.remove(run);
      this.#attempts.set(measurement.id, run.attempt + 1);
      return this.#observer.trouble(`${measurement.id} was lost and is tried again: ${outcome.sentence}`);
    }
    this.#outcomes.set(measurement.id, outcome);
    this.#observer.measured(measurement, outcome);
  }

  #intent({ id, trainPy, seed }: T, attempt: number): Intent {
    const { lane, clocks, requireSealed } = this.#runner;
    return { lane, experiment: id, attempt, parent: null, trainPy, seed, clocks, requireSealed };
  }
}
