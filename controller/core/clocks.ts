// The bound from start to evaluation, learned from the baseline: seconds hidden in starting up are training, too.
import type { Decision } from './decision.ts';
import type { Clocks } from './experiment.ts';

/** Seconds of grace for anything between the budget's last step and the first question of the evaluation. */
const GRACE_SECONDS = 2;

/** The clocks of a run: the baseline may start as slowly as its wall allows, all others at most twice as slowly as it did. */
export function clocksOf(clocks: Clocks, baseline: Decision | undefined): Clocks {
  if (baseline?.status !== 'keep') return clocks;
  const startup = Math.max(0, baseline.trainingSeconds - clocks.budgetSeconds);
  const startSeconds = Math.min(clocks.wallSeconds, clocks.budgetSeconds + 2 * startup + GRACE_SECONDS);
  return { ...clocks, startSeconds: Math.round(startSeconds * 10) / 10 };
}
