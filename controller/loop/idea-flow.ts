// How many ideas are asked for before anybody needs them: as many as are used up while one is thought of.
import type { Decision } from '../core/decision.ts';
import type { Lane } from '../core/experiment.ts';

/** What a person has set for a proposer that takes its time; null: what the lane needs. */
export interface FlowSetting {
  readonly ahead: number | null;
  readonly parallel: number | null;
}

/** Ideas that are ready or asked for beyond the free slots, and how many are asked for at a time. */
interface Flow {
  readonly ahead: number;
  readonly parallel: number;
}

/** What a person's account may be asked at a time where the setting does not say. */
export const CALLS_AT_MOST = 128;
/** An answer takes about so long, as far as is known before the first. */
const FIRST_SECONDS = 30;
/** Standard errors of the number of runs that end during one answer: less than one slot in a hundred waits. */
const SAFETY = 2;
/** So many of the newest answers and runs tell how long the next ones take. */
export const NEWEST = 64;

/** Runs end at width / run, so that many times the latency are used up meanwhile, a few more now and then. */
export function flowOf(
  { ahead, parallel }: FlowSetting,
  { width, clocks }: Lane,
  decisions: readonly Decision[],
  latencies: readonly number[],
): Flow {
  const ran = decisions.slice(-NEWEST).flatMap((d) => (d.wallSeconds > 0 ? [d.wallSeconds] : []));
  const used = (width * mean(latencies, FIRST_SECONDS)) / mean(ran, clocks.budgetSeconds);
  const needed = Math.ceil(used + SAFETY * Math.sqrt(used)) + 1;
  return { ahead: ahead ?? needed, parallel: parallel ?? CALLS_AT_MOST };
}

function mean(values: readonly number[], without: number): number {
  if (values.length === 0) return without;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
