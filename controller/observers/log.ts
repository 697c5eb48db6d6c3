// A lane told by JSON lines.

import type { Logger } from 'pino';
import type { Observer } from '../loop/observer.ts';
import { pendingRuns } from './pending-runs.ts';

/** Longer lines are split by what carries a container's log, and no part of one is JSON. */
const CHARACTERS = 4000;

export function logObserver(log: Logger, lane: string): Observer {
  const lines = log.child({ lane });
  let pending = '';
  let blocked = '';
  return {
    /** Why nothing happens is told once per reason. */
    happened(event) {
      const { kind } = event;
      if (kind === 'held' && event.sentence === blocked) return;
      blocked = kind === 'held' ? event.sentence : '';
      if (kind === 'decided') {
        const { experiment, status, valBpb, description, sentence, error, attempts } = event.decision;
        lines.info({ experiment, status, valBpb, error, attempts, description }, sentence);
      } else if (kind === 'trouble') lines.error(event.sentence);
      else if (kind === 'held' || kind === 'avoided' || kind === 'broken off') lines.warn(event.sentence);
      else if (kind === 'measured') {
        const { experiment, result } = event;
        lines.info(
          { experiment, attempt: result.n, outcome: result.outcome.kind },
          result.outcome.sentence || 'measured',
        );
      } else lines.info(event, kind);
    },
    /** Why runs wait is told once per reason, and not anew for each of hundreds. */
    turn(world) {
      const waiting = [...Map.groupBy(pendingRuns(world), ({ sentence }) => sentence)];
      const now = waiting
        .map(([sentence]) => sentence)
        .sort()
        .join('\n');
      if (now && now !== pending)
        lines.info(`waiting: ${waiting.map(waitWords).join('; ').slice(0, CHARACTERS)}`);
      pending = now;
    },
  };
}

function waitWords([sentence, [first, ...others]]: [string, ReturnType<typeof pendingRuns>]): string {
  return `${first!.experiment}${others.length > 0 ? ` and ${others.length} more` : ''}: ${sentence}`;
}
