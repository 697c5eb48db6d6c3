// Time that passes only when a test says so: nothing here ever waits for the machine's clock.
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../controller/ports.ts';

interface Timer {
  readonly dueMs: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** How often the machine's event loop turns between two moments, so that what was sent over a socket arrives. */
const TURNS = 6;
/** Time stands still while somebody waits for an answer: after so many turns without burning what it needs itself. */
const TURNS_AT_ONCE = 10_000;
/** An answer that takes so many milliseconds more never comes. */
const DELAYS_AT_MOST = 60_000;

export class VirtualTime {
  nowMs: number;
  /** Whether an answer is on its way; then no time passes. */
  busy: () => boolean = () => false;
  readonly #timers: Timer[] = [];

  constructor(nowMs = Date.parse('2026-11-23T00:00:00Z')) {
    this.nowMs = nowMs;
  }

  /** RFC 3339 in whole seconds, as Kubernetes writes it. */
  get stamp(): string {
    return stampOf(this.nowMs);
  }

  /** Calls `run` when `ms` have passed; the result takes it back. */
  after(ms: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.nowMs + Math.max(0, ms), run, cancelled: false };
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timers[middle]!.dueMs <= timer.dueMs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Lets `ms` pass, moment by moment; what is on its way over sockets arrives in between. */
  async advance(ms: number, enough: () => boolean = () => false): Promise<void> {
    const untilMs = this.nowMs + ms;
    await this.#settle();
    while (!enough()) {
      const next = this.#timers.find((timer) => !timer.cancelled);
      if (!next || next.dueMs > untilMs) {
        // Somebody else may have let more time pass meanwhile.
        this.nowMs = Math.max(this.nowMs, untilMs);
        return;
      }
      this.#runUntil(next.dueMs);
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    await settle();
    for (let turns = 0; this.busy(); turns++) {
      if (turns > TURNS_AT_ONCE + DELAYS_AT_MOST) throw new Error('an answer never comes');
      await (turns < TURNS_AT_ONCE ? turn() : delay(1));
    }
  }

  #runUntil(ms: number): void {
    this.nowMs = Math.max(this.nowMs, ms);
    while (this.#timers.length > 0 && this.#timers[0]!.dueMs <= this.nowMs) {
      const timer = this.#timers.shift()!;
      if (!timer.cancelled) timer.run();
    }
  }

  /** A clock for those who only live in this time: their sleep waits until somebody lets time pass. */
  readonly clock: Clock = {
    now: () => this.nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const cancel = this.after(ms, () => {
          signal.removeEventListener('abort', stop);
          resolve();
        });
        const stop = () => {
          cancel();
          resolve();
        };
        signal.addEventListener('abort', stop, { once: true });
      }),
  };

  /** A signal that aborts after `ms` of this time. */
  readonly deadline = (ms: number): AbortSignal => {
    const over = new AbortController();
    this.after(ms, () => over.abort(new Error(`no answer within ${ms / 1000} s`)));
    return over.signal;
  };

  /** A clock for the one whose sleep makes time pass: the loop under test, and a call that is tried again. */
  readonly driver: Clock = {
    now: () => this.nowMs,
    sleep: (ms, signal) => this.advance(ms, () => signal.aborted),
  };
}

export function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Lets what was already sent arrive. */
export async function settle(): Promise<void> {
  for (let n = 0; n < TURNS; n++) await turn();
}

const STEP_MS = 20;

/** Lets this time follow the machine's, for controllers in processes of their own, until the result is called. */
export function passing(time: VirtualTime): () => Promise<void> {
  let over = false;
  const following = (async () => {
    while (!over) {
      await time.advance(Math.max(0, Date.now() - time.nowMs));
      await delay(STEP_MS);
    }
  })();
  return () => {
    over = true;
    return following;
  };
}
