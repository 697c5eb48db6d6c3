// What happens in a lane, for the eyes of a person; nothing here steers the loop.
import type { Decision } from '../core/decision.ts';
import type { Cause } from '../core/experiment.ts';
import type { PaidCall } from '../core/spend.ts';
import type { AttemptResult } from '../core/verdict.ts';
import type { World } from '../core/world.ts';

export type LaneEvent =
  | {
      kind: 'began';
      epoch: number;
      decided: number;
      open: number;
      adopted: number;
      /** Metrics of the commits on it, the baseline's first. */
      frontier: readonly number[];
    }
  | { kind: 'launched'; experiment: string; attempt: number; cause: Cause; description: string }
  | { kind: 'measured'; experiment: string; result: AttemptResult }
  | { kind: 'decided'; decision: Decision }
  | { kind: 'paid'; call: PaidCall }
  | { kind: 'dropped'; description: string; sentence: string }
  /** `machine`: it loses every run. */
  | { kind: 'held'; sentence: string; by?: 'machine' }
  /** Runs go elsewhere from now on. */
  | { kind: 'avoided'; node: string; sentence: string }
  | { kind: 'trouble'; sentence: string }
  /** What failed once the lane was asked to stop: mostly a program that the same Ctrl-C ended. */
  | { kind: 'broken off'; sentence: string };

export interface Observer {
  happened(event: LaneEvent): void;
  /** Called once per turn with what was observed. */
  turn(world: World): void;
}

export function observeAll(...observers: readonly Observer[]): Observer {
  return {
    happened(event) {
      for (const observer of observers) observer.happened(event);
    },
    turn(world) {
      for (const observer of observers) observer.turn(world);
    },
  };
}
