// What happens in a lane, told by Events on its Jobs.
import type { Announcer } from '../adapters/kubernetes/events.ts';
import type { Watcher } from '../watcher.ts';

export function announcing(lane: string, announcer: Announcer): Watcher {
  return {
    happened(happening) {
      if (happening.kind === 'launched') {
        const { experiment, attempt, description } = happening;
        announcer.launched({ lane, experiment, attempt }, description);
      } else if (happening.kind === 'measured') {
        const { experiment, tried } = happening;
        announcer.measured({ lane, experiment, attempt: tried.n }, tried.outcome);
      } else if (happening.kind === 'decided') announcer.decided(lane, happening.decision);
    },
    turn() {},
  };
}
