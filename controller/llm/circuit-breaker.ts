// After several failures in a row nothing is asked for a while; then one call is let through to see. Failures that may
// have cost something count for more, and are waited for longer: an outage must not use up what is for ideas.

import type { Clock } from '../ports.ts';
import { doubling } from '../std/backoff.ts';
import { cooldownFrom, leftMs, noCooldown } from '../std/cooldown.ts';

const FAILURES = 5;
const PAID_COUNTS_FOR = 3;
const LONGEST_MS = 300_000;
const pauseMs = doubling(30_000, LONGEST_MS);
const paidPauseMs = doubling(60_000, 3_600_000);

export class CircuitBreaker {
  readonly #clock: Clock;
  #failures = 0;
  #openings = 0;
  #pause = noCooldown;
  #probing = false;
  #paid = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0 where a call may be made now, else how long to wait. The first to ask after an opening is the probe. */
  waitMs(): number {
    if (this.#failures < FAILURES) return 0;
    const left = leftMs(this.#pause, this.#clock.now());
    if (left > 0) return left;
    if (this.#probing) return pauseMs(0);
    this.#probing = true;
    return 0;
  }

  /** Whether calls are held back. */
  get open(): boolean {
    return this.#failures >= FAILURES;
  }

  /** Calls are held back, and among the failures is one that may have cost something. */
  get costly(): boolean {
    return this.open && this.#paid;
  }

  succeeded(): void {
    [this.#failures, this.#openings, this.#probing, this.#paid] = [0, 0, false, false];
  }

  /** `leastMs`: as long as the API asked to wait. `paid`: the call may have cost something. */
  failed(leastMs: number, paid: boolean): void {
    this.#failures += paid ? PAID_COUNTS_FOR : 1;
    this.#paid ||= paid;
    this.#probing = false;
    if (this.#failures < FAILURES) return;
    const wanted = (paid ? paidPauseMs : pauseMs)(this.#openings++);
    const pause = Math.max(wanted, Math.min(leastMs, LONGEST_MS));
    this.#pause = cooldownFrom(this.#clock.now(), pause);
  }

  /** A probe that was abandoned says nothing. */
  abandoned(): void {
    this.#probing = false;
  }
}
