// observe → decide → act, until there is a reason to stop. Whatever a session throws is caught here: it costs what
// the session remembers of the lane, never its truth, and the next session reads everything anew.
import { STOPPED } from '../core/decide.ts';
import { stepwise } from '../std/backoff.ts';
import { inWords } from '../std/errno.ts';
import type { LaneContext, Stop } from './context.ts';
import { IdeaQueue } from './idea-queue.ts';
import { MachineTrouble } from './machine-trouble.ts';
import { Session } from './session.ts';
import { RunLogs } from './turn/run-logs.ts';
import { WriterClaim } from './writer-claim.ts';

const pauseMs = stepwise(1000, 2000, 5000, 15_000, 60_000);

/** Runs a lane until there is nothing left to do or `ending` aborts. `onWake` receives a function that ends a wait early. */
export async function runLane(
  context: LaneContext,
  ending: AbortSignal,
  onWake: (wake: () => void) => void,
): Promise<Stop> {
  let failures = 0;
  let session: Session | null = null;
  const wake = () => session?.wake();
  const claim = new WriterClaim();
  const trouble = new MachineTrouble(context);
  const queue = new IdeaQueue(context.proposer, context.clock, context.observer, wake);
  const logs = new RunLogs(context.executor, context.clock, wake);
  const worked = () => {
    failures = 0;
  };
  onWake(wake);
  ending.addEventListener('abort', wake, { once: true });
  try {
    for (;;) {
      session = new Session(context, ending, claim, queue, trouble, logs);
      try {
        return await session.run(worked);
      } catch (error) {
        const why = inWords(error);
        // Ctrl-C reaches whatever is just being started, too. If it was something else, the next start meets it again.
        if (ending.aborted) {
          context.observer.happened({ kind: 'broken off', sentence: `while the lane stopped: ${why}` });
          return {
            reason: 'asked',
            sentence: failures === 0 ? STOPPED : `stopped as asked, in trouble: ${why}`,
          };
        }
        const waitMs = pauseMs(failures++);
        context.observer.happened({
          kind: 'trouble',
          sentence: `${why}; looking again in ${waitMs / 1000} s`,
        });
        await context.clock.sleep(waitMs, ending);
      }
    }
  } finally {
    ending.removeEventListener('abort', wake);
    queue.end();
    logs.end();
  }
}
