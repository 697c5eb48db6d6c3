// The places of a pool: how many there are, and whose turn it is where lanes share too few of them.
import type { Clock, Intent, Launched } from '../../ports.ts';
import { jobName } from './manifest/names.ts';
import type { Pool } from './manifest/pool.ts';
import type { Standings } from './state/tracker.ts';

/** A lane that is refused asks again every five seconds: one that was silent for longer wants no place any more. */
const FORGOTTEN_MS = 15_000;

export class Places {
  readonly #pool: Pool;
  readonly #standings: Standings;
  readonly #clock: Pick<Clock, 'now'>;
  /** By lane that was refused: since when, and when it asked last. */
  readonly #waiting = new Map<string, { readonly sinceMs: number; readonly askedMs: number }>();
  /** The names of the Jobs that are being created. */
  readonly #coming = new Set<string>();

  constructor(pool: Pool, standings: Standings, clock: Pick<Clock, 'now'>) {
    this.#pool = pool;
    this.#standings = standings;
    this.#clock = clock;
  }

  /** Whether lanes may have to wait for each other. */
  get bounded(): boolean {
    return this.#pool.maxParallel !== null;
  }

  /** The names of the Jobs whose Pod is being put away while there is room for a run beside it; the same for all lanes. */
  besides(): ReadonlySet<string> {
    const { readyPlaces, maxParallel } = this.#pool;
    return this.#standings.besideRoom(Math.min(readyPlaces, maxParallel ?? readyPlaces), this.#coming);
  }

  /** Starts a run by `start` where its lane gets a place, which is taken from then on: two lanes may ask at once. */
  async give(intent: Intent, start: () => Promise<Launched>): Promise<Launched> {
    const full = this.#refuses(intent.lane);
    if (full !== null) return { kind: 'held', sentence: full };
    const name = jobName(intent);
    this.#coming.add(name);
    try {
      const launched = await start();
      if (launched.kind === 'launched') this.#waiting.delete(intent.lane);
      return launched;
    } finally {
      this.#coming.delete(name);
    }
  }

  /**
   * Why the lane gets no place now, or null. The lane that was refused first goes first: else the one whose run has just
   * ended, and is ready, would take its place again and again.
   */
  #refuses(lane: string): string | null {
    const { name, maxParallel } = this.#pool;
    if (maxParallel === null) return null;
    const free = maxParallel - this.#standings.busy(this.#coming);
    const before = this.#before(lane);
    if (free > before.length) return null;
    const askedMs = this.#clock.now();
    this.#waiting.set(lane, { sinceMs: this.#waiting.get(lane)?.sinceMs ?? askedMs, askedMs });
    return free <= 0
      ? `pool ${name} has all of its ${maxParallel} runs; raise its maxParallel or wait`
      : `pool ${name} gives its next slot to ${before.join(', ')}, which waited longer; raise its maxParallel or wait`;
  }

  #before(lane: string): string[] {
    const now = this.#clock.now();
    const mine = this.#waiting.get(lane)?.sinceMs ?? now;
    return [...this.#waiting]
      .filter(
        ([other, { sinceMs, askedMs }]) => other !== lane && sinceMs < mine && now - askedMs <= FORGOTTEN_MS,
      )
      .map(([other]) => other);
  }
}
