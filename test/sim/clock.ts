// Virtual time: it stands still while anything works, and jumps to the next appointment when all are idle.
import type { Clock } from '../../controller/ports.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** The time that all share. */
export class Time {
  ms = 1_764_000_000_000;
}

/** One controller's clock on the shared time. Its sleepers die with it. */
export class LifeClock implements Clock {
  readonly #time: Time;
  #sleepers = new Set<Sleeper>();

  constructor(time: Time) {
    this.#time = time;
  }

  now(): number {
    return this.#time.ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { atMs: this.#time.ms + Math.max(0, Math.ceil(ms)), wake };
      const sleepers = this.#sleepers;
      function wake(): void {
        sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      }
      signal?.addEventListener('abort', wake);
      sleepers.add(sleeper);
    });
  }

  /** When somebody wants to wake, or Infinity. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#sleepers) next = Math.min(next, atMs);
    return next;
  }

  /** Wakes those whose time has come. */
  ring(): void {
    for (const sleeper of this.#sleepers) if (sleeper.atMs <= this.#time.ms) sleeper.wake();
  }

  /** Nobody wakes any more. */
  stop(): void {
    this.#sleepers = new Set();
  }
}

/** Resolves when everything that can go on without time has gone on. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
