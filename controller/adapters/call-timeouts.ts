// How long a call may take, and may be silent.
import type { Clock } from '../ports.ts';

/** Ends a call that takes too long or falls silent. */
export class CallTimeouts {
  readonly signal: AbortSignal;
  /** Which of both ended it; null while it lives. */
  expired: 'deadline' | 'idle' | null = null;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #over = new AbortController();
  #silence = new AbortController();

  constructor(clock: Clock, deadlineMs: number, idleMs: number, asked: AbortSignal) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.signal = AbortSignal.any([asked, this.#over.signal]);
    this.#after(deadlineMs, this.#over.signal, 'deadline');
    this.#listen();
  }

  heard(): void {
    this.#silence.abort();
    this.#listen();
  }

  end(): void {
    this.#over.abort();
    this.#silence.abort();
  }

  #listen(): void {
    this.#silence = new AbortController();
    this.#after(this.#idleMs, this.#silence.signal, 'idle');
  }

  #after(ms: number, cancelled: AbortSignal, what: 'deadline' | 'idle'): void {
    void this.#clock.sleep(ms, cancelled).then(() => {
      if (cancelled.aborted || this.#over.signal.aborted) return;
      this.expired = what;
      this.#over.abort();
    });
  }
}

/** A fetch that tells of everything that arrives, pings and all, which the SDK keeps to itself. */
export function tapped(heard: () => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    heard();
    if (!response.body) return response;
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          heard();
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(body, response);
  };
}
