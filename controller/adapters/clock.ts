// The machine's clock.
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

// Timers hold 31 bits of milliseconds; a longer one would fire at once.
const LONGEST_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),

  /** Sleeps at most 24.8 days; who waits for longer looks again then. */
  async sleep(ms, signal) {
    if (Number.isNaN(ms)) throw new RangeError('cannot sleep for NaN milliseconds');
    if (signal.aborted) return;
    try {
      await delay(Math.min(Math.max(ms, 0), LONGEST_MS), undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
