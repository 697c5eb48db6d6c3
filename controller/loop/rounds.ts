// The rounds of a lane whose controller stays up: where a cap ended one, a person's hand begins the next.
import type { Control } from '../core/control.ts';
import { keys } from '../core/keys.ts';
import type { World } from '../core/world.ts';
import { isIdle, type LaneContext, type Stop } from './context.ts';
import { runLane } from './loop.ts';
import { readControl } from './outside-changes.ts';

const LOOK_MS = 10_000;
const ENDED_FIRST: Stop = { reason: 'asked', sentence: 'stopped as asked, before it led the lane' };

interface Rounds {
  /** Resolves when the lane may be worked on; how to give back what that took, and whether another had taken it. */
  readonly lead: () => Promise<() => Promise<{ lost: boolean }>>;
  readonly stopped: (stop: Stop) => Promise<void>;
  /** Told why a look at the person's hand failed; it is made again. */
  readonly trouble: (sentence: string) => void;
  /** False: the first round is the last one. */
  readonly stays: boolean;
}

/**
 * Runs a lane until it stops for good or `ending` aborts. At a cap, or without ideas, it is idle, leads nothing, and
 * begins anew once control.json says something else or somebody has proposed something. Where another controller took
 * the lead it waits for that one's end.
 */
export async function runRounds(
  context: LaneContext,
  ending: AbortSignal,
  onWake: (wake: () => void) => void,
  { lead, stopped, trouble, stays }: Rounds,
): Promise<Stop> {
  const seen: { world?: World } = {};
  const observer: LaneContext['observer'] = {
    happened: (event) => context.observer.happened(event),
    turn(world) {
      seen.world = world;
      context.observer.turn(world);
    },
  };
  for (;;) {
    const release = await lead();
    // Who is ended while it waits for the Lease leads nothing: to claim the lane now would end the controller that does.
    const stop: Stop = ending.aborted ? ENDED_FIRST : await runLane({ ...context, observer }, ending, onWake);
    const { lost } = await release();
    // Another controller of this cluster leads: it is waited for, as at the start. One elsewhere meant to take the lane.
    if (stays && stop.reason === 'fenced' && lost && !ending.aborted) continue;
    await stopped(stop);
    if (!stays || !isIdle(stop) || !seen.world) return stop;
    await steeringChanges(context, seen.world, ending, trouble);
    if (ending.aborted) return stop;
  }
}

/** Resolves when the hand is another than the one that this turn saw, or when `ending` aborts. */
async function steeringChanges(
  { store, clock, lane }: LaneContext,
  { control, nextId }: World,
  ending: AbortSignal,
  trouble: (sentence: string) => void,
): Promise<void> {
  while (!ending.aborted) {
    try {
      const [now, proposal] = await Promise.all([
        readControl(store, lane.name),
        store.get(keys.proposal(lane.name, nextId)),
      ]);
      if (proposal || !same(now.control, control)) return;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      trouble(`${why}; looking again in ${LOOK_MS / 1000} s`);
    }
    await clock.sleep(LOOK_MS, ending);
  }
}

function same(a: Control, b: Control): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
