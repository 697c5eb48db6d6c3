// The runs of a world that have not started, each with what it waits for.

import type { World } from '../core/world.ts';
import { printable } from '../std/text.ts';

interface PendingRun {
  readonly experiment: string;
  readonly attempt: number;
  readonly sinceMs: number;
  /** The cluster's words; it stays the same as long as the reason does. */
  readonly sentence: string;
}

export function pendingRuns({ runs, settled }: Pick<World, 'runs' | 'settled'>): PendingRun[] {
  return runs.flatMap(({ experiment, attempt, state }) =>
    state.kind === 'pending' && !settled.has(experiment)
      ? [{ experiment, attempt, sinceMs: state.sinceMs, sentence: printable(state.sentence).slice(0, 500) }]
      : [],
  );
}
