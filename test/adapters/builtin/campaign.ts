// The plain loop around a proposer, without git, store or runs: keep what measures strictly lower.
import type { PastExperiment } from '../../../controller/brief.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import type { Proposer } from '../../../controller/ports.ts';

interface Setting {
  readonly proposer: Proposer;
  readonly trainPy: string;
  readonly seed: number;
  /** Beyond the baseline. */
  readonly experiments: number;
  /** A measurement of a file, or null where it crashes; `n` counts from 0, the baseline. */
  readonly measure: (trainPy: string, n: number) => number | null | Promise<number | null>;
}

export interface Campaign {
  /** The last tip. */
  readonly trainPy: string;
  /** Measured metric of the tip after each experiment, the baseline first. */
  readonly frontier: readonly number[];
  /** Number of the first gain beyond the baseline; `experiments + 1` where there is none. */
  readonly first: number;
  readonly crashes: number;
}

export async function campaign({
  proposer,
  trainPy,
  seed,
  experiments,
  measure,
}: Setting): Promise<Campaign> {
  const tried = new Set([trainPy]);
  let [tip, tipBpb] = [trainPy, (await measure(trainPy, 0))!];
  const past: PastExperiment[] = [entry(0, 'baseline', 'keep', tipBpb, null)];
  const frontier = [tipBpb];
  for (let next = 1; next <= experiments; next++) {
    const brief = {
      lane: 'main',
      seed,
      next,
      program: '',
      prepare: '',
      tip: '',
      tipBpb,
      trainPy: tip,
      guidance: '',
      inconclusive: [],
    };
    const proposed = await proposer.propose(
      { ...brief, past, open: [], ready: [], tried: [...tried].map(sha256Hex), ran: [] },
      1,
      new AbortController().signal,
    );
    if (proposed.kind === 'none') break;
    const idea = proposed.ideas[0]!;
    tried.add(idea.trainPy);
    const valBpb = await measure(idea.trainPy, next);
    const kept = valBpb !== null && valBpb < tipBpb;
    past.push(
      entry(next, idea.description, valBpb === null ? 'crash' : kept ? 'keep' : 'discard', valBpb, tipBpb),
    );
    if (kept) [tip, tipBpb] = [idea.trainPy, valBpb];
    frontier.push(tipBpb);
  }
  const first = past.findIndex((p, i) => i > 0 && p.status === 'keep');
  const crashes = past.filter((p) => p.status === 'crash').length;
  return { trainPy: tip, frontier, first: first < 0 ? experiments + 1 : first, crashes };
}

function entry(
  n: number,
  description: string,
  status: PastExperiment['status'],
  valBpb: number | null,
  baseBpb: number | null,
): PastExperiment {
  return {
    experiment: String(n).padStart(6, '0'),
    description,
    source: 'builtin',
    status,
    valBpb,
    baseBpb,
    reason: '',
    error: '',
  };
}
