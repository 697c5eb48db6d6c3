// What an open experiment needs next.
import { freshSeed } from '../std/seed.ts';
import type { Attempt, Lane } from './experiment.ts';
import { causeAfter } from './verdict.ts';
import type { OpenExperiment } from './world.ts';

/** Whether the next attempt waits for a repair that is not there yet. */
export function needsRepair(open: OpenExperiment): boolean {
  if (open.repaired !== null || open.unfixable) return false;
  return causeAfter(open.proposal.experiment, open.results) === 'fix';
}

/** The attempt that an open experiment has under way or needs next, if it needs one. */
export function nextAttempt(open: OpenExperiment, lane: Lane): Attempt {
  const { experiment } = open.proposal;
  const n = open.results.length + 1;
  const cause = causeAfter(experiment, open.results);
  switch (cause) {
    case 'first':
      return { n, cause, trainPy: open.current, seed: lane.seed };
    case 'lost':
      // A baseline's is the lane's, which may be another since then.
      return {
        n,
        cause,
        trainPy: open.current,
        seed: open.proposal.base === null ? lane.seed : open.results.at(-1)!.seed,
      };
    case 'confirm': {
      // What was lost before does not count: it may not change which seeds a win is confirmed on (I9).
      const measured = open.results.filter((t) => t.outcome.kind !== 'lost').length;
      return { n, cause, trainPy: open.current, seed: freshSeed(lane.seed, experiment, measured + 1) };
    }
    case 'fix':
      // Only another controller can have begun it meanwhile: the store has its file.
      if (open.repaired === null) throw new Error(`the repair of ${experiment} is not known here`);
      return { n, cause, trainPy: open.repaired, seed: lane.seed };
  }
}
