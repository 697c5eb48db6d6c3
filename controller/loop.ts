// observe → decide → act, until there is a reason to stop. The only catch of the controller is here: whatever throws
// costs what a session remembers of the lane, never its truth, and the next session reads everything anew.
import type { Tools } from './act.ts';
import type { Decision } from './core/decision.ts';
import { Hold } from './hold.ts';
import type { Proposer } from './ports.ts';
import { Session } from './session.ts';
import { Stock } from './stock.ts';
import type { Watcher } from './watcher.ts';

/** What a lane begins with, and what its proposer is shown. */
export interface Brought {
  /** The unmodified train.py of experiment 0. */
  readonly trainPy: string;
  readonly prepare: string;
  /** program.md, read anew for each request: a person may edit it while the lane runs. */
  program(): Promise<string>;
}

export interface Loop extends Tools {
  readonly proposer: Proposer;
  readonly brought: Brought;
  readonly watcher: Watcher;
  /** Rewrites results.tsv and the picture from all decisions, in order; gives the milliseconds to let them be then. */
  readonly publish: (decisions: readonly Decision[]) => Promise<number>;
  /** Dollars of proposals that are spent or reserved, as the store tells. */
  readonly spentUsd: () => Promise<number>;
  /** How long to wait for a wake-up before looking again. */
  readonly pollMs: number;
}

export interface Stop {
  readonly reason: 'limit' | 'baseline' | 'conditions' | 'exhausted' | 'asked' | 'fenced' | 'foreign';
  readonly sentence: string;
}

const BACKOFF_MS = [1000, 2000, 5000, 15_000, 60_000];

/** Runs a lane until there is nothing left to do or `ending` aborts. `onWake` receives a function that ends a wait early. */
export async function runLane(
  loop: Loop,
  ending: AbortSignal,
  onWake: (wake: () => void) => void,
): Promise<Stop> {
  let failures = 0;
  let session: Session | null = null;
  const wake = () => session?.wake();
  const hold = new Hold();
  const stock = new Stock(loop.proposer, loop.clock, loop.watcher, wake);
  const worked = () => {
    failures = 0;
  };
  onWake(wake);
  ending.addEventListener('abort', wake, { once: true });
  try {
    for (;;) {
      session = new Session(loop, ending, hold, stock);
      try {
        return await session.run(worked);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        if (ending.aborted) return { reason: 'asked', sentence: `stopped as asked, in trouble: ${why}` };
        const waitMs = BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)]!;
        loop.watcher.happened({ kind: 'trouble', sentence: `${why}; looking again in ${waitMs / 1000} s` });
        await loop.clock.sleep(waitMs, ending);
      }
    }
  } finally {
    ending.removeEventListener('abort', wake);
    stock.end();
  }
}
