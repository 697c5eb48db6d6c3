// The logs of runs that have ended, read beside the turns: a machine that is silent holds up its own runs, and no others.
import type { Run } from '../../core/run.ts';
import type { Clock, Executor } from '../../ports.ts';

/** A turn waits no longer for a log. */
const GRACE_MS = 1000;

interface Reading {
  readonly log: Promise<Uint8Array | null>;
  /** The run as it is shown while its log is read: waiting, for nothing can be decided on it. */
  readonly shown: Run;
  over: boolean;
}

export class RunLogs {
  readonly #executor: Pick<Executor, 'log'>;
  readonly #clock: Clock;
  readonly #wake: () => void;
  readonly #readings = new Map<string, Reading>();
  readonly #ending = new AbortController();

  /** `wake` is called when a log is there that a turn did not wait for. */
  constructor(executor: Pick<Executor, 'log'>, clock: Clock, wake: () => void) {
    this.#executor = executor;
    this.#clock = clock;
    this.#wake = wake;
  }

  /** The log of a run that has ended, null where it is gone, or that it is still being read. Rejects as the executor does. */
  async of(run: Run): Promise<Uint8Array | null | 'later'> {
    const reading = this.#readings.get(keyOf(run)) ?? this.#read(run);
    const grace = new AbortController();
    const settled = reading.log.then(
      () => {},
      () => {},
    );
    await Promise.race([settled, this.#clock.sleep(GRACE_MS, grace.signal)]);
    grace.abort();
    if (!reading.over) {
      void settled.then(this.#wake);
      return 'later';
    }
    this.#readings.delete(keyOf(run));
    return reading.log;
  }

  /** What is listed, where runs whose log is still being read wait; the same objects as at the last time. */
  shown(listed: readonly Run[]): readonly Run[] {
    if (this.#readings.size === 0) return listed;
    const here = new Set(listed.map(keyOf));
    // What is gone from the list, or was decided without its log, nobody collects: its megabytes are not kept for days.
    for (const key of this.#readings.keys()) if (!here.has(key)) this.#readings.delete(key);
    return listed.map((run) => {
      const reading = this.#readings.get(keyOf(run));
      return reading && !reading.over ? reading.shown : run;
    });
  }

  /** Nobody waits for what is still being read. */
  end(): void {
    this.#ending.abort();
  }

  #read(run: Run): Reading {
    const sentence = `it has ended, and its log is waited for: ${run.node || 'its machine'} does not give it yet; look at that machine`;
    const reading: Reading = {
      log: this.#executor.log(run, undefined, this.#ending.signal).finally(() => {
        reading.over = true;
      }),
      shown: { ...run, state: { kind: 'pending', sinceMs: this.#clock.now(), sentence } },
      over: false,
    };
    this.#readings.set(keyOf(run), reading);
    return reading;
  }
}

const keyOf = ({ experiment, attempt, nonce }: Run) => `${experiment}/${attempt}/${nonce}`;
