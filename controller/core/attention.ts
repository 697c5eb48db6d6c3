// What of a world a decision may be about, and what of that has its verdict.
import { needsRepair } from './attempt.ts';
import type { Run } from './run.ts';
import { judge, type Retry, type Verdict } from './verdict.ts';
import { attemptKey, nextKey, type OpenExperiment, type World } from './world.ts';

/** The rest of a world, most of a wide one, works and is only counted. */
export interface Attention {
  /** Experiments whose attempt is under way in no run that works, and those that wait for a repair; oldest first. */
  readonly open: readonly OpenExperiment[];
  /** Runs that ended, or whose experiment is settled. */
  readonly runs: readonly Run[];
}

export function attentionOf({ open, runs, settled }: Pick<World, 'open' | 'runs' | 'settled'>): Attention {
  const atWork = runs.filter(({ state }) => state.kind !== 'ended');
  const keys = new Set(atWork.map(({ experiment, attempt }) => attemptKey(experiment, attempt)));
  return {
    open: open.filter((one) => !keys.has(nextKey(one)) || needsRepair(one)),
    runs: runs.filter((run) => run.state.kind === 'ended' || settled.has(run.experiment)),
  };
}

/** Makes a verdict durable: a push or a Record. */
export interface Settle {
  readonly kind: 'settle';
  readonly open: OpenExperiment;
  readonly verdict: Verdict;
}

/**
 * Verdicts on the tip as it stands, those first whose last attempt ended first. An attempt under way is waited for: the
 * tip may have moved past a win that is being confirmed, but what that run costs must still be counted (I8).
 */
export function verdictsDue(
  attention: Attention,
  world: Pick<World, 'lane' | 'tip'>,
  runs: ReadonlyMap<string, unknown>,
): Settle[] {
  const due: Settle[] = [];
  for (const open of attention.open) {
    if (open.results.length === 0 || runs.has(nextKey(open))) continue;
    const verdict = judgeOpen(open, world);
    // A baseline that failed decides nothing: a later start begins it again.
    if (verdict.kind === 'retry' || (open.baseBpb === null && verdict.status === 'crash')) continue;
    due.push({ kind: 'settle', open, verdict });
  }
  const endedMs = ({ open }: Settle) => open.results.at(-1)!.outcome.endedMs;
  return due.sort((a, b) => endedMs(a) - endedMs(b));
}

export function judgeOpen(open: OpenExperiment, world: Pick<World, 'lane' | 'tip'>): Verdict | Retry {
  const { experiment, source, base } = open.proposal;
  const { baseBpb, results, unfixable, forgiven } = open;
  return judge(
    { experiment, source, base, baseBpb, results: results.slice(forgiven), unfixable },
    world.tip,
    world.lane,
  );
}
