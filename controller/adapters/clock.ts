// The machine's clock.
import type { Clock } from '../ports.ts';

// Timers hold 31 bits of milliseconds; a longer one would fire at once.
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),

  /** Sleeps at most 24.8 days; who waits for longer looks again then. */
  async sleep(ms, signal) {
    if (Number.isNaN(ms)) throw new RangeError('cannot sleep for NaN milliseconds');
    if (signal.aborted) return;
    // A wait that ends early is no error, and is not worth making one.
    await new Promise<void>((resolve) => {
      const over = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', over);
        resolve();
      };
      const timer = setTimeout(over, Math.min(Math.max(ms, 0), LONGEST_MS));
      signal.addEventListener('abort', over, { once: true });
    });
  },
};
