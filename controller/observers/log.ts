// A lane told by JSON lines.

import type { Logger } from 'pino';
import type { Observer } from '../loop/observer.ts';
import { pendingRuns } from './pending-runs.ts';

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
    /** Why a run waits is told once per reason. */
    turn(world) {
      const now = pendingRuns(world)
        .map(({ experiment, sentence }) => `${experiment}: ${sentence}`)
        .join('; ');
      if (now && now !== pending) lines.info(`waiting: ${now}`);
      pending = now;
    },
  };
}
