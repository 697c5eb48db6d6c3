// What an open experiment needs next.
import { freshSeed } from '../std/seed.ts';
import { seedsOf } from './deciding.ts';
import type { Attempt, Cause, Lane } from './experiment.ts';
import { causeAfter } from './verdict.ts';
import type { OpenExperiment } from './world.ts';

/** Whether the next attempt waits for a repair that is not there yet. */
export function needsRepair(open: OpenExperiment): boolean {
  return !open.unfixable && lacksRepair(open);
}

function lacksRepair({ proposal, results, repaired }: OpenExperiment): boolean {
  return repaired === null && causeAfter(proposal.experiment, results) === 'fix';
}

/** The attempts that an open experiment has under way or needs next, in order; those on several seeds run side by side. */
export function nextAttempts(open: OpenExperiment, lane: Lane): Attempt[] {
  return onSeeds(open, lane) ?? (lacksRepair(open) ? [] : [nextAttempt(open, lane)]);
}

/**
 * Null where the lane's own seed alone counts. Which seed an attempt has must not hang on how those beside it end, nor on
 * whether a later start forgives a baseline what is before it.
 */
function onSeeds(open: OpenExperiment, lane: Lane): Attempt[] | null {
  const seeds = seedsOf(open.proposal, lane);
  if (seeds === null) return null;
  const first = open.results.length + 1;
  const tried = open.results.slice(open.forgiven);
  const attempt = (n: number, seed: number, cause: Cause): Attempt => ({
    n,
    cause,
    trainPy: open.current,
    seed,
  });
  if (tried.length < seeds.length)
    return seeds.slice(tried.length).map((_, i) => {
      const seed = seeds[(first - 1 + i) % seeds.length]!;
      return attempt(first + i, seed, seed === lane.seed ? 'first' : 'decide');
    });
  const lacks = (seed: number) => !tried.some((t) => t.seed === seed && t.outcome.kind === 'finished');
  return seeds
    .filter(lacks)
    .slice(0, 1)
    .map((seed) => attempt(first, seed, 'lost'));
}

/** The first of them. */
export function nextAttempt(open: OpenExperiment, lane: Lane): Attempt {
  const [first] = onSeeds(open, lane) ?? [];
  if (first) return first;
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
    default:
      // Only another controller can have begun it meanwhile: the store has its file.
      if (open.repaired === null) throw new Error(`the repair of ${experiment} is not known here`);
      return { n, cause, trainPy: open.repaired, seed: lane.seed };
  }
}
