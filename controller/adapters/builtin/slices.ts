// Long thinking in short slices: the controller does its other work in between, and keeps its Lease.

/** Steps of the innermost loops between two turns of the event loop: some 5 ms. */
const A_SLICE = 1_500_000;

/** Counts the work of one request, and ends a slice where enough of it was done. */
export class Slices {
  readonly #signal: AbortSignal;
  #begun = 0;
  #steps = 0;
  #longest = 0;
  #rests = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Steps done in all. */
  get steps(): number {
    return this.#steps;
  }

  /** Steps of the longest slice. */
  get longest(): number {
    return Math.max(this.#longest, this.#steps - this.#begun);
  }

  get rests(): number {
    return this.#rests;
  }

  did(steps: number): void {
    this.#steps += steps;
  }

  /** Whether it is time for others; `rest` lets them. */
  get due(): boolean {
    return this.#steps - this.#begun >= A_SLICE;
  }

  /** Rejects where nobody wants the answer any more. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#signal.throwIfAborted();
    this.#rests++;
    this.#longest = this.longest;
    this.#begun = this.#steps;
  }
}
