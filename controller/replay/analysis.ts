// Are the keeps real? Baseline and tip measured again, in turn, on fresh seeds: what is measured, and what it says.
import { conditionsOf, difference } from '../core/conditions.ts';
import type { Decision } from '../core/decision.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Side } from '../core/replay.ts';
import { freshSeed } from '../std/seed.ts';
import { type Gain, gainOf, type Sample, sampleOf } from '../std/statistics.ts';

export type { Side };

/** One training of one of the two; `id` is the experiment id of its run, unique in the replay. */
export interface ReplayMeasurement {
  readonly id: string;
  readonly side: Side;
  readonly trainPy: string;
  readonly seed: number;
}

interface MeasuredCommit {
  readonly decision: Pick<Decision, 'experiment' | 'seed'>;
  readonly trainPy: string;
}

/** Seeds that no confirmation had: those count from 1. */
const FIRST_SEED = 1000;

/**
 * `times` measurements of each side, in turn, so that a drift of the machine meets both. The same call, the same seeds:
 * new ones after so many `earlier` measurements of each side.
 */
export function measurementsOf(
  baseline: MeasuredCommit,
  tip: MeasuredCommit,
  times: number,
  earlier = 0,
): ReplayMeasurement[] {
  return Array.from({ length: 2 * times }, (_, i) => {
    const side: Side = i % 2 ? 'tip' : 'baseline';
    const { decision, trainPy } = side === 'tip' ? tip : baseline;
    const seed = freshSeed(decision.seed, decision.experiment, FIRST_SEED + 1 + earlier + (i >> 1));
    return { id: String(i + 1).padStart(6, '0'), side, trainPy, seed };
  });
}

interface SideSaid extends Sample {
  readonly side: Side;
  /** Measurements without a number. */
  readonly failed: number;
}

/** The gain in bits per byte. */
export interface Replayed extends Gain {
  readonly sides: readonly [baseline: SideSaid, tip: SideSaid];
  /** What the measurements say of the gain that the rows claim. */
  readonly sentence: string;
  /** How the Conditions of the measurements differ from those of the rows; '' where they do not. */
  readonly elsewhere: string;
}

/** Why nothing can be concluded; ends with what to do. */
interface Inconclusive {
  readonly why: string;
}

/** `claimed`: the gain by the rows, bits per byte; `conditions`: those of the rows. */
export function conclude(
  measured: readonly { readonly side: Side; readonly outcome: Outcome }[],
  budgetSeconds: number,
  claimed: number,
  conditions: string,
): Replayed | Inconclusive {
  const of = (side: Side): SideSaid => {
    const outcomes = measured.filter((one) => one.side === side).map(({ outcome }) => outcome);
    const numbers = outcomes.map(numberOf).filter((bpb) => bpb !== null);
    return { side, failed: outcomes.length - numbers.length, ...sampleOf(numbers) };
  };
  const sides = [of('baseline'), of('tip')] as const;
  const poor = sides.find(({ n }) => n < 2);
  if (poor) {
    const why = measured.find(({ side, outcome }) => side === poor.side && numberOf(outcome) === null);
    const said = why ? `: ${why.outcome.reason || why.outcome.kind}: ${why.outcome.sentence}` : '';
    const gave = `the ${poor.side} gave ${poor.n} of ${poor.n + poor.failed} numbers, and 2 are needed`;
    return { why: `${gave}${said}; find out why, then replay` };
  }
  // Of those that say something: what a machine refused or lost it may have met nowhere.
  const met = [
    ...new Set(
      measured.flatMap(({ outcome }) =>
        outcome.sealed && numberOf(outcome) !== null
          ? [conditionsOf(outcome.sealed, outcome.image, budgetSeconds)]
          : [],
      ),
    ),
  ];
  if (met.length > 1) {
    const what = difference(met[0]!, met[1]!);
    return {
      why: `the measurements cannot be compared: ${what}; replay where the conditions are the same for all`,
    };
  }
  const gain = gainOf(...sides);
  const again = `measured again ${gain.gain.toFixed(6)}, 95 % between ${gain.low.toFixed(6)} and ${gain.high.toFixed(6)}`;
  const sentence = `claimed ${claimed.toFixed(6)}, ${again}: ${worth(gain)}`;
  return { sides, ...gain, sentence, elsewhere: difference(conditions, met[0]!) };
}

function numberOf({ kind, sealed }: Outcome): number | null {
  return kind === 'finished' ? (sealed?.val_bpb ?? null) : null;
}

function worth({ low, high }: Gain): string {
  if (low > 0) return 'the gain is real';
  if (high < 0) return 'the tip is worse than the baseline';
  return 'it cannot be told from luck; try more --times';
}
