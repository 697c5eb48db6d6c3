// What is known of noise, in words for people: the same in the terminal, in the picture and on the page.
import type { Spread } from '../std/spread.ts';
import type { KnownNoise, Reproduction } from './known-noise.ts';

const HOW = 'autoresearch replay';
/** A machine whose pace moves by more than this share of it is noisy. */
const STEADY = 0.2;

/** `0.0062 bpb is how far one measurement scatters (8 degrees of freedom)`, or how to find out. */
export function sigmaWords(noise: Spread | null): string {
  if (noise === null) return `not known; ${HOW} measures it`;
  const freedom = `${noise.from} degree${noise.from === 1 ? '' : 's'} of freedom`;
  return `one measurement scatters by ${significant(noise.sigma)} bpb (sigma, ${freedom})`;
}

/** `measured again on 5 fresh seeds: −0.227 ± 0.049`: the change of the metric, with half of the 95 % interval. */
export function againWords({ gain, low, high, seeds, unseen }: Reproduction): string {
  const reach = (high - low) / 2;
  const digits = digitsOf(reach || gain);
  const text = unseen ? ', on other text' : '';
  return `measured again on ${seeds} fresh seeds${text}: ${signed(-gain, digits)} ± ${reach.toFixed(digits)}`;
}

/** For a picture, whose newest keep has the commit `tip`. */
export function pictureWords(reproduction: Reproduction, tip: string | null): string {
  const { commit, experiment } = reproduction;
  return `${commit === tip ? '' : `experiment ${Number(experiment)} `}${againWords(reproduction)}`;
}

/** Whether the newest keep was measured again, and what came of it; or how to find out. `tip`: its commit. */
export function reproductionWords(reproduction: Reproduction | null, tip: string | null): string {
  if (reproduction === null) return `not measured again yet; ${HOW} tells whether the gain is real`;
  const { claimed, experiment, commit } = reproduction;
  const of =
    commit === tip ? '' : `; that was experiment ${Number(experiment)}, ${HOW} measures the newest keep`;
  const claim = signed(-claimed, digitsOf(reproduction.high - reproduction.low || claimed));
  return `${againWords(reproduction)} (claimed ${claim}): ${worthOf(reproduction)}${of}`;
}

/** One word or two for what a replay found. */
export function worthOf({ low, high }: Reproduction): string {
  return low > 0 ? 'the gain is real' : high < 0 ? 'the tip is worse than the baseline' : 'it may be luck';
}

/** For a proposer, which may take a gain of less than a sigma for luck; '' where nothing is known. `tip`: what it edits. */
export function briefWords({ noise, reproduction }: KnownNoise, tip: string): string {
  const sentences = [
    ...(noise ? [`By repeated runs, ${sigmaWords(noise)}: smaller differences are chance.`] : []),
    ...(reproduction?.commit === tip
      ? [
          `The gain of the frontier over the baseline was ${againWords(reproduction)}: ${worthOf(reproduction)}.`,
        ]
      : []),
  ];
  return sentences.join(' ');
}

/** A change of the metric in standard deviations of one measurement, rounded to a tenth; null where it is not known. */
export function sigmasOf(change: number | null, noise: Spread | null): number | null {
  if (change === null || !noise?.sigma) return null;
  return Math.round((10 * change) / noise.sigma) / 10;
}

/** Whether numbers of this machine scatter more than they need; '' where no pace is known. */
export function machineWords(paces: readonly number[]): string {
  if (paces.length === 0) return '';
  const [low, high] = [Math.min(...paces), Math.max(...paces)];
  const range =
    paces.length === 1
      ? `pace ${low.toFixed(2)} in the newest run`
      : `pace ${low.toFixed(2)} to ${high.toFixed(2)} over the newest ${paces.length} runs`;
  if (high - low <= STEADY * high) return `steady: ${range}`;
  return `noisy: ${range}; something else works here at times, so measure a gain again before you trust it`;
}

/** With a real minus. */
function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}

function significant(value: number): string {
  return value.toFixed(digitsOf(value));
}

/** Digits that show two of the figure's own, at least three and at most six: the metric has no more. */
function digitsOf(value: number): number {
  return value === 0 ? 3 : Math.min(6, Math.max(3, 1 - Math.floor(Math.log10(Math.abs(value)))));
}
