// The bound from start to evaluation, learned from the baseline: seconds hidden in starting up are training, too.
import type { Decision } from '../core/decision.ts';
import type { Clocks } from '../core/experiment.ts';

/** A step that ends after the budget, and what one start-up costs more than another on a busy machine. */
const GRACE_SECONDS = 0.5;
const BUDGET_SHARE = 0.05;
/** What is compiled may take twice as long for another model. */
const STARTUP_SHARE = 1;

/** The clocks of a run: the baseline may start as slowly as its wall allows, all others hardly more slowly than it did. */
export function clocksOf(clocks: Clocks, baseline: Decision | undefined): Clocks {
  if (baseline?.status !== 'keep') return clocks;
  const { budgetSeconds, wallSeconds } = clocks;
  const startup = Math.max(0, baseline.trainingSeconds - budgetSeconds);
  const grace = Math.max(GRACE_SECONDS, BUDGET_SHARE * budgetSeconds, STARTUP_SHARE * startup);
  const startSeconds = Math.min(wallSeconds, budgetSeconds + startup + grace);
  return { ...clocks, startSeconds: Math.ceil(startSeconds * 10 - 1e-6) / 10 };
}
