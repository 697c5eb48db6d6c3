// What happens in a lane, for the eyes of a person; nothing here steers the loop.
import type { Decision } from '../core/decision.ts';
import type { Cause } from '../core/experiment.ts';
import type { Paid } from '../core/spend.ts';
import type { AttemptResult } from '../core/verdict.ts';
import type { World } from '../core/world.ts';

export type Happening =
  | { kind: 'began'; epoch: number; decided: number; open: number; adopted: number }
  | { kind: 'launched'; experiment: string; attempt: number; cause: Cause; description: string }
  | { kind: 'measured'; experiment: string; result: AttemptResult }
  | { kind: 'decided'; decision: Decision }
  | { kind: 'paid'; call: Paid }
  | { kind: 'dropped'; description: string; sentence: string }
  | { kind: 'held' | 'trouble'; sentence: string };

export interface Watcher {
  happened(happening: Happening): void;
  /** Called once per turn with what was observed. */
  turn(world: World): void;
}

export function both(...watchers: readonly Watcher[]): Watcher {
  return {
    happened(happening) {
      for (const watcher of watchers) watcher.happened(happening);
    },
    turn(world) {
      for (const watcher of watchers) watcher.turn(world);
    },
  };
}
