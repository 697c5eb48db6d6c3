// What is known of the noise of a lane: how far one measurement scatters, and whether the gain was measured again.
import type { Decision } from '../core/decision.ts';
import { noiseOf } from '../core/noise.ts';
import type { Replay, Side } from '../core/replay.ts';
import type { Spread } from '../std/spread.ts';
import { gainOf, pooled, sampleOf } from '../std/statistics.ts';

/** The gain of a commit over the baseline, measured again; in bits per byte. */
export interface Reproduction {
  readonly experiment: string;
  readonly commit: string;
  readonly claimed: number;
  readonly gain: number;
  /** Between these it lies with 95 % confidence. */
  readonly low: number;
  readonly high: number;
  /** Fresh seeds, on each side. */
  readonly seeds: number;
  /** On another validation text than that of the rows. */
  readonly unseen: boolean;
}

/** Each null where it is not known. */
export interface KnownNoise {
  /** Of one measurement, in bits per byte. */
  readonly noise: Spread | null;
  readonly reproduction: Reproduction | null;
}

/** `decisions`: where seeds decide they tell the noise, and it is what decides; replays tell it where nothing else does. */
export function knownNoiseOf(replays: readonly Replay[], decisions: readonly Decision[]): KnownNoise {
  return { noise: noiseOf(decisions) ?? pooled(repeatsIn(replays)), reproduction: reproductionOf(replays) };
}

/** What the newest conclusive replay and those like it say together. */
function reproductionOf(replays: readonly Replay[]): Reproduction | null {
  for (const newest of replays.toReversed()) {
    const like = likeness(newest);
    const alike = like ? replays.filter((one) => likeness(one) === like).flatMap((one) => one.measured) : [];
    const of = (side: Side) =>
      sampleOf(alike.flatMap((one) => (one.side === side ? (one.valBpb ?? []) : [])));
    const [before, after] = [of('baseline'), of('tip')];
    const seeds = Math.min(before.n, after.n);
    if (seeds < 2) continue;
    const { gain, low, high } = gainOf(before, after);
    const { tip, claimed, unseen } = newest;
    return { ...tip, claimed, unseen, seeds, gain, low, high };
  }
  return null;
}

/** The same for replays whose numbers can be laid together; '' of one whose own cannot. */
function likeness({ baseline, tip, measured }: Replay): string {
  const conditions = new Set(measured.map((one) => one.conditions).filter(Boolean));
  return conditions.size === 1 ? [baseline.commit, tip.commit, ...conditions].join(' ') : '';
}

/** What was measured of one file under one set of Conditions, a group for each. */
function repeatsIn(replays: readonly Replay[]): number[][] {
  const measured = replays.flatMap(({ baseline, tip, measured }) =>
    measured.flatMap(({ side, valBpb, conditions }) => {
      const { commit } = side === 'tip' ? tip : baseline;
      return valBpb === null ? [] : [{ file: `${commit} ${conditions}`, valBpb }];
    }),
  );
  return [...Map.groupBy(measured, ({ file }) => file).values()].map((group) => group.map((m) => m.valBpb));
}
