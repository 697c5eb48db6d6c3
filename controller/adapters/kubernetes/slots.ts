// The slots of a pool: how many there are, and whose turn it is where lanes share too few of them.
import type { Clock, Intent, Launched } from '../../ports.ts';
import type { Pool } from './manifest/pool.ts';
import type { RunStateTracker } from './state/tracker.ts';

/** A lane that is refused asks again every five seconds: one that was silent for longer wants no slot any more. */
const FORGOTTEN_MS = 15_000;

type Woken = (lane: string | null) => void;

/** `wake` for what a run of one lane does; of all lanes where they share slots, and one waits for the run of another. */
export function wokenIn({ maxParallel, readyPlaces }: Pool, wake: Woken): Woken {
  return maxParallel !== null || readyPlaces > 0 ? () => wake(null) : wake;
}

export class Slots {
  readonly #pool: Pool;
  readonly #tracker: RunStateTracker;
  readonly #clock: Pick<Clock, 'now'>;
  /** By lane that was refused: since when, and when it asked last. */
  readonly #waiting = new Map<string, { readonly sinceMs: number; readonly askedMs: number }>();
  /** The names of the Jobs that are being created. */
  readonly #creating = new Set<string>();

  constructor(pool: Pool, tracker: RunStateTracker, clock: Pick<Clock, 'now'>) {
    this.#pool = pool;
    this.#tracker = tracker;
    this.#clock = clock;
  }

  /** Whether lanes may have to wait for each other. */
  get bounded(): boolean {
    return this.#pool.maxParallel !== null;
  }

  /** The names of the Jobs whose Pod is being put away while there is room for a run beside it; the same for all lanes. */
  replaceable(): ReadonlySet<string> {
    const { readyPlaces, maxParallel } = this.#pool;
    return this.#tracker.replaceable(Math.min(readyPlaces, maxParallel ?? readyPlaces), this.#creating);
  }

  /** Starts the Job of this name by `start` where its lane gets a slot, taken from then on: two lanes may ask at once. */
  async acquire(intent: Intent, name: string, start: () => Promise<Launched>): Promise<Launched> {
    const refusal = this.#whyFull(intent.lane);
    if (refusal !== null) return { kind: 'held', sentence: refusal };
    this.#creating.add(name);
    try {
      const launched = await start();
      if (launched.kind === 'launched') this.#waiting.delete(intent.lane);
      return launched;
    } finally {
      this.#creating.delete(name);
    }
  }

  /**
   * Why the lane gets no slot now, or null. The lane that was refused first goes first: else the one whose run has just
   * ended, and is ready, would take its slot again and again.
   */
  #whyFull(lane: string): string | null {
    const { name, maxParallel } = this.#pool;
    if (maxParallel === null) return null;
    const free = maxParallel - this.#tracker.busy(this.#creating);
    const ahead = this.#lanesAhead(lane);
    if (free > ahead.length) return null;
    const askedMs = this.#clock.now();
    this.#waiting.set(lane, { sinceMs: this.#waiting.get(lane)?.sinceMs ?? askedMs, askedMs });
    return free <= 0
      ? `pool ${name} has all of its ${maxParallel} runs; raise its maxParallel or wait`
      : `pool ${name} gives its next slot to ${ahead.join(', ')}, which waited longer; raise its maxParallel or wait`;
  }

  #lanesAhead(lane: string): string[] {
    const now = this.#clock.now();
    const mine = this.#waiting.get(lane)?.sinceMs ?? now;
    return [...this.#waiting]
      .filter(
        ([other, { sinceMs, askedMs }]) => other !== lane && sinceMs < mine && now - askedMs <= FORGOTTEN_MS,
      )
      .map(([other]) => other);
  }
}
