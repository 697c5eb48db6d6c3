// The baseline while it is not kept: what failed at one start is no end of the lane, and a later start begins it again.

import { judgeOpen } from '../core/attention.ts';
import { seedsOf } from '../core/deciding.ts';
import { BASELINE, type Lane } from '../core/experiment.ts';
import type { Verdict } from '../core/verdict.ts';
import type { Ledger } from './ledger.ts';

/** At a start: a baseline without a number is judged by what comes now, and measured on this train.py. */
export function beginAgain(ledger: Ledger, trainPy: string, lane: Lane): void {
  const open = ledger.open.get(BASELINE);
  const last = open?.results.at(-1);
  if (!open) return;
  const seeds = seedsOf(open.proposal, lane);
  // Of runs side by side others may be under way: what they are measured on is not another file now.
  const goesOn = seeds
    ? last && open.current === trainPy && seeds.includes(last.seed)
    : last?.outcome.kind === 'finished';
  if (goesOn && failed(ledger, lane) === null) return;
  ledger.amend(open, { current: trainPy, forgiven: open.results.length });
}

/** Why the lane cannot go on without another baseline, and what to do; null where it may have one yet. */
export function baselineFailure(ledger: Ledger, lane: Lane): string | null {
  const verdict = failed(ledger, lane);
  return (
    verdict &&
    `the baseline failed (${verdict.error}: ${verdict.sentence}); mend train.py or the machine, then start again`
  );
}

function failed(ledger: Ledger, lane: Lane): Verdict | null {
  const open = ledger.open.get(BASELINE);
  const verdict = open && judgeOpen(open, { lane, tip: ledger.tip });
  return verdict?.kind === 'verdict' && verdict.status === 'crash' ? verdict : null;
}
