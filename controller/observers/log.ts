// A lane told by JSON lines.

import type { Logger } from 'pino';
import type { Watcher } from '../loop/observer.ts';
import { pendingRuns } from './pending-runs.ts';

export function logging(log: Logger, lane: string): Watcher {
  const lines = log.child({ lane });
  let pending = '';
  let blocked = '';
  return {
    /** Why nothing happens is told once per reason. */
    happened(happening) {
      const { kind } = happening;
      if (kind === 'held' && happening.sentence === blocked) return;
      blocked = kind === 'held' ? happening.sentence : '';
      if (kind === 'decided') {
        const { experiment, status, valBpb, description, sentence, error, attempts } = happening.decision;
        lines.info({ experiment, status, valBpb, error, attempts, description }, sentence);
      } else if (kind === 'trouble') lines.error(happening.sentence);
      else if (kind === 'held') lines.warn(happening.sentence);
      else if (kind === 'measured') {
        const { experiment, result } = happening;
        lines.info(
          { experiment, attempt: result.n, outcome: result.outcome.kind },
          result.outcome.sentence || 'measured',
        );
      } else lines.info(happening, kind);
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
