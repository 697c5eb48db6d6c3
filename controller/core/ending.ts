// Ends of runs that are not durable yet, and what may be decided before they are.
import type { Attention, Settle } from './attention.ts';
import type { Run } from './run.ts';
import { nextKey, type OpenExperiment, type World } from './world.ts';

export type Collecting =
  /** Makes the end of a run durable: file, log and outcome in the store. */
  | { kind: 'collect'; open: OpenExperiment; run: Run }
  /** Declares an attempt lost that left nothing to collect. */
  | { kind: 'lose'; open: OpenExperiment; attempt: number; reason: string; sentence: string };

/** Runs that ended, and attempts whose run is gone without a word. */
export function endings(
  attention: Attention,
  vanished: World['vanished'],
  runs: ReadonlyMap<string, Run>,
): Collecting[] {
  const actions: Collecting[] = [];
  for (const open of attention.open) {
    const key = nextKey(open);
    const run = runs.get(key);
    if (run?.state.kind === 'ended') actions.push({ kind: 'collect', open, run });
    else if (!run && vanished.has(key))
      actions.push({
        kind: 'lose',
        open,
        attempt: open.results.length + 1,
        reason: 'deleted',
        sentence: 'its run was deleted from outside',
      });
  }
  return actions;
}

/** Verdicts wait so long for ends to be collected: many at once cost one look at the remote. */
const TOGETHER_MS = 5000;

/**
 * The verdicts that are due before any of the ends, for they are in the order of the ends. They do not wait until there is
 * none: of a wide lane some run always ends.
 */
export function beforeAll(
  ends: readonly Collecting[],
  due: readonly Settle[],
  nowMs: number,
): readonly Settle[] {
  const endedMs = ({ open }: Settle) => open.results.at(-1)!.outcome.endedMs;
  // A cluster's clock that is ahead of ours says nothing of how long it has waited.
  const waitedMs = due[0] ? nowMs - endedMs(due[0]) : 0;
  if (ends.length > 0 && waitedMs >= 0 && waitedMs < TOGETHER_MS) return [];
  const earliestMs = Math.min(...ends.map(endedAt));
  return due.filter((settle) => endedMs(settle) < earliestMs);
}

/** What is gone without a word ends only now. */
function endedAt(end: Collecting): number {
  const state = end.kind === 'collect' ? end.run.state : null;
  return state?.kind === 'ended' ? state.ending.atMs : Number.POSITIVE_INFINITY;
}
