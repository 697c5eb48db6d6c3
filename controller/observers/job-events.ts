// What happens in a lane, told by Events on its Jobs.
import type { Decision } from '../core/decision.ts';
import type { Outcome } from '../core/outcome.ts';
import { attemptKey } from '../core/world.ts';
import type { Observer } from '../loop/observer.ts';
import type { Clock } from '../ports.ts';
import { pendingRuns } from './pending-runs.ts';

interface JobKey {
  readonly lane: string;
  readonly experiment: string;
  readonly attempt: number;
}

/** Where Events on the Jobs of a lane are written. */
interface JobAnnouncer {
  launched(job: JobKey, description: string): void;
  waits(job: JobKey, sentence: string): void;
  measured(job: JobKey, outcome: Outcome): void;
  decided(lane: string, decision: Decision): void;
  held(deployment: string, lane: string, sentence: string): void;
  avoids(deployment: string, sentence: string): void;
}

/** What waits no longer than this needs no explanation. */
const WAITS_MS = 15_000;

/** `deployment`: the controller's, as namespace/name, where it has one; what is about the machine is told there. */
export function jobEventsObserver(
  lane: string,
  announcer: JobAnnouncer,
  clock: Pick<Clock, 'now'>,
  deployment = '',
): Observer {
  const told = new Map<string, string>();
  return {
    happened(event) {
      if (event.kind === 'launched') {
        const { experiment, attempt, description } = event;
        announcer.launched({ lane, experiment, attempt }, description);
      } else if (event.kind === 'measured') {
        const { experiment, result } = event;
        announcer.measured({ lane, experiment, attempt: result.n }, result.outcome);
      } else if (event.kind === 'decided') announcer.decided(lane, event.decision);
      else if (deployment === '') return;
      else if (event.kind === 'avoided') announcer.avoids(deployment, event.sentence);
      else if (event.kind === 'held' && event.by === 'machine')
        announcer.held(deployment, lane, event.sentence);
    },
    /** Why a run waits is told once per reason. */
    turn(world) {
      const waits = pendingRuns(world);
      const here = new Set(waits.map(({ experiment, attempt }) => attemptKey(experiment, attempt)));
      for (const key of told.keys()) if (!here.has(key)) told.delete(key);
      for (const { experiment, attempt, sinceMs, sentence } of waits) {
        const key = attemptKey(experiment, attempt);
        if (clock.now() - sinceMs < WAITS_MS || told.get(key) === sentence) continue;
        told.set(key, sentence);
        announcer.waits({ lane, experiment, attempt }, sentence);
      }
    },
  };
}
