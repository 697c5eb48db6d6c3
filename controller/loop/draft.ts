// From a verdict to the words that a commit's trailers or a Record carry.

import { numbersOn, ownBpbOf, seedsOf } from '../core/deciding.ts';
import type { Draft } from '../core/decision.ts';
import type { Lane } from '../core/experiment.ts';
import { printedNote, UNFIT } from '../core/outcome.ts';
import { type AttemptResult, conditionsHere, type Tip, type Verdict } from '../core/verdict.ts';
import type { OpenExperiment } from '../core/world.ts';

/** Everything of the decision but its sha. `order`: the writer's epoch and the next free seq. */
export function draftOf(
  open: OpenExperiment,
  verdict: Verdict,
  lane: Lane,
  tip: Tip | null,
  order: { epoch: number; seq: number },
): Draft {
  const { proposal, results } = open;
  const { decisive } = verdict;
  const { sealed, image } = decisive.outcome;
  const seeds = seedsOf(proposal, lane);
  const [screenBpb, ...measured] = (seeds && numbersOn(seeds, results.slice(open.forgiven))) ?? [];
  return {
    experiment: proposal.experiment,
    status: verdict.status,
    reason: verdict.reason,
    sentence: verdict.sentence,
    description: proposal.description,
    source: proposal.source,
    base: proposal.base,
    // On the seed or the seeds that valBpb is of.
    baseBpb: measured.length > 0 ? open.baseBpb : ownBpbOf(open, tip, lane),
    tip: tip?.commit ?? null,
    valBpb: verdict.valBpb,
    ...(measured.length > 0 && { screenBpb, measured }),
    unseenBpb: sealed?.unseen?.bpb ?? null,
    unseenParts: results.flatMap((t) => t.outcome.sealed?.unseen?.part ?? []).join(' '),
    // On a GPU its own memory is what runs out. A train.py that does not measure it prints 0.
    memoryMb: sealed?.gpu_peak_mb || (sealed?.memory_mb ?? 0),
    trainSha256: decisive.trainSha256,
    proposedSha256: open.proposedSha256,
    stackOf: proposal.stackOf,
    attempts: results.length,
    lastCause: results.at(-1)!.cause,
    error: verdict.error || printedNote(decisive.outcome),
    sealed: sealed?.sealed ?? '',
    trainingSeconds: sealed?.training_seconds ?? 0,
    wallSeconds: sealed?.wall_seconds ?? 0,
    spentSeconds: results.reduce((sum, t) => sum + secondsOf(t, lane), 0),
    gpu: sealed?.gpu ?? '',
    image,
    program: proposal.program,
    seed: decisive.seed,
    conditions: decisive.outcome.kind === 'finished' ? conditionsHere(decisive, lane) : '',
    timestampMs: results.at(-1)!.outcome.endedMs,
    ...order,
  };
}

/** Machine seconds that an attempt used; unknown counts as the most it could be (I8). */
export function secondsOf(result: AttemptResult, { clocks }: { clocks: { wallSeconds: number } }): number {
  const { reason, sealed, ranSeconds } = result.outcome;
  if (reason === UNFIT) return 0;
  return sealed?.wall_seconds ?? Math.min(ranSeconds ?? clocks.wallSeconds, clocks.wallSeconds);
}
