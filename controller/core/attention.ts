// What of a world a decision may be about, and what of that has its verdict.
import { needsRepair, nextAttempts } from './attempt.ts';
import type { Lane } from './experiment.ts';
import type { Run } from './run.ts';
import { judge, type Retry, type Verdict } from './verdict.ts';
import { attemptKey, nextKey, type OpenExperiment, type World } from './world.ts';

/** The rest of a world, most of a wide one, works and is only counted. */
export interface Attention {
  /** Experiments some of whose attempts have no run that works, and those that wait for a repair; oldest first. */
  readonly open: readonly OpenExperiment[];
  /** Runs of these, runs that ended, and those whose experiment is settled. */
  readonly runs: readonly Run[];
  /** Attempts under way of all other experiments. */
  readonly working: number;
}

export function attentionOf({
  open,
  runs,
  settled,
  lane,
}: Pick<World, 'open' | 'runs' | 'settled' | 'lane'>): Attention {
  const atWork = runs.filter(({ state }) => state.kind !== 'ended');
  const keys = new Set(atWork.map(({ experiment, attempt }) => attemptKey(experiment, attempt)));
  const asking: OpenExperiment[] = [];
  let working = 0;
  for (const one of open) {
    const due = attemptsOf(one, lane);
    if (due.length > 0 && due.every((key) => keys.has(key)) && !needsRepair(one)) working += due.length;
    else asking.push(one);
  }
  const ids = new Set(asking.map(({ proposal }) => proposal.experiment));
  const counts = ({ state, experiment }: Run) =>
    state.kind === 'ended' || settled.has(experiment) || ids.has(experiment);
  return { open: asking, runs: runs.filter(counts), working };
}

/** Attempts that it has under way or needs next. */
function attemptsOf(open: OpenExperiment, lane: Lane): string[] {
  // Most have one, which is named without being made.
  if (!lane.evidence) return [nextKey(open)];
  return nextAttempts(open, lane).map(({ n }) => attemptKey(open.proposal.experiment, n));
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
  world: Pick<World, 'lane' | 'tip' | 'mayEnd'>,
  runs: ReadonlyMap<string, unknown>,
): Settle[] {
  const due: Settle[] = [];
  for (const open of attention.open) {
    if (
      open.results.length === 0 ||
      [nextKey(open), ...attemptsOf(open, world.lane)].some((key) => runs.has(key))
    )
      continue;
    const verdict = judgeOpen(open, world);
    // A baseline that failed decides nothing: a later start begins it again.
    if (verdict.kind === 'retry' || (open.baseBpb === null && verdict.status === 'crash')) continue;
    if (world.mayEnd?.(verdict) !== false) due.push({ kind: 'settle', open, verdict });
  }
  const endedMs = ({ open }: Settle) => open.results.at(-1)!.outcome.endedMs;
  return due.sort((a, b) => endedMs(a) - endedMs(b));
}

/** Whether verdicts after it may be others: the frontier moves, or more is known of the noise. */
export function changesMore({ open, verdict }: Settle, { evidence }: Pick<Lane, 'evidence'>): boolean {
  return verdict.status === 'keep' || (!!evidence && open.proposal.source === 'stack');
}

export function judgeOpen(open: OpenExperiment, world: Pick<World, 'lane' | 'tip'>): Verdict | Retry {
  const results = open.results.slice(open.forgiven);
  return judge({ ...open, ...open.proposal, results }, world.tip, world.lane);
}
