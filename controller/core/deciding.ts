// Evidence: an idea is screened on the lane's own seed, and what trains carry is measured on seeds that decide.
import { freshSeed } from '../std/seed.ts';
import { BASELINE, type Lane, type Proposal } from './experiment.ts';
import {
  type AttemptResult,
  mean,
  metricOf,
  type Policy,
  type Retry,
  refuteUnseen,
  retry,
  type Tip,
  type Trial,
  type Verdict,
  verdict,
} from './trial.ts';

/** Seeds beside its own that the baseline is measured on, whatever the lane's evidence: at first it alone tells the noise. */
const BASELINE_SEEDS = 7;
/** No experiment has it: these seeds are the same for all. */
const OF_NONE = '-1';
/** Sigmas that a gain on one seed must be above to board. */
const BOARDS = 1;
/** Standard errors of the difference that a keep must be below the frontier. */
const ERRORS = 2;

/** All seeds that a baseline or a train is measured on, the lane's own first; null where that one alone counts. */
export function seedsOf(
  { experiment, source }: Pick<Proposal, 'experiment' | 'source'>,
  { seed, evidence }: Pick<Lane, 'seed' | 'evidence'>,
): number[] | null {
  if (!evidence || (experiment !== BASELINE && source !== 'stack' && source !== 'retract')) return null;
  const length = experiment === BASELINE ? BASELINE_SEEDS : evidence;
  return [seed, ...Array.from({ length }, (_, i) => freshSeed(seed, OF_NONE, i + 1))];
}

/** What was measured on these seeds, in their order; null until each has a number. */
export function numbersOn(seeds: readonly number[], results: readonly AttemptResult[]): number[] | null {
  const numbers = seeds.flatMap((seed) => {
    const own = results.find((t) => t.seed === seed && t.outcome.kind === 'finished');
    return own?.outcome.sealed?.val_bpb ?? [];
  });
  return numbers.length === seeds.length ? numbers : null;
}

/** What the lane's own seed is likely to say of the commit that an idea was made on: its one number there, whose luck
 * would be that of every idea, and the deciding seeds, by how well it is known how that seed differs from them. */
export function ownBpbOf(base: Base, tip: Tip | null, { evidence }: Pick<Lane, 'evidence'>): number | null {
  const { baseBpb, baseScreen } = base;
  const own = evidence ? tip?.ownSeed : undefined;
  if (baseBpb === null || baseScreen === undefined || !own) return baseScreen ?? baseBpb;
  const weight = 1 / (1 / evidence! + (1 + 1 / evidence!) / own.from);
  return mean([baseScreen + (weight / (1 + weight)) * (baseBpb + own.above - baseScreen)]);
}
type Base = Pick<Trial, 'baseBpb' | 'baseScreen'>;

/** Under evidence no idea is kept at first sight: a gain boards, and the train that carries it is measured on all seeds. */
export function weigh(
  trial: Trial,
  candidate: AttemptResult,
  more: readonly AttemptResult[],
  tip: Tip,
  policy: Policy,
): Verdict | Retry {
  const { bpb: tipBpb, sigma = 0 } = tip;
  const base = trial.baseBpb!;
  const first = metricOf(candidate);
  const discard = (reason: string, sentence: string, m = first) =>
    verdict(candidate, 'discard', reason, sentence, m);
  const seeds = seedsOf(trial, policy);
  if (!seeds) return discard(...screened(first, ownBpbOf(trial, tip, policy)!, sigma));
  if (more.some(hasCrashed)) return unconfirmed(candidate);
  const numbers = numbersOn(seeds, trial.results);
  if (!numbers) return retry('decide', `a train, measured on ${seeds.length} seeds`);
  const m = mean(numbers.slice(1));
  const needs = ERRORS * sigma * Math.sqrt(2 / (seeds.length - 1));
  const below = (bpb: number) => m < bpb && bpb - m >= needs;
  const by = Math.abs(tipBpb - m).toFixed(6);
  const told = `${by} below the frontier on ${seeds.length - 1} seeds, where chance explains ${needs.toFixed(6)}`;
  if (below(tipBpb))
    return refuteUnseen([candidate, ...more], m) ?? verdict(candidate, 'keep', 'better', told, m);
  if (below(base))
    return discard('stale', 'better than what it was made on, but the frontier moved past it', m);
  if (m < tipBpb) return discard('aboard', `${told}: it rides in the next train`, m);
  return discard('worse', `${by} above the frontier on ${seeds.length - 1} seeds`, m);
}

/** A person went back to this file. Its number is on the scale of the others: under evidence of all seeds that decide. */
export function retracted(
  trial: Trial,
  candidate: AttemptResult,
  more: readonly AttemptResult[],
  policy: Policy,
): Verdict | Retry {
  const kept = (m: number) => verdict(candidate, 'keep', 'retracted', 'a person went back to this file', m);
  const seeds = seedsOf(trial, policy);
  if (!seeds) return kept(metricOf(candidate));
  if (more.some(hasCrashed)) return unconfirmed(candidate);
  const numbers = numbersOn(seeds, trial.results);
  return numbers
    ? kept(mean(numbers.slice(1)))
    : retry('decide', `a way back, measured on ${seeds.length} seeds`);
}

/** What a number on the lane's own seed says of an idea, beside that of the commit it was made on. */
function screened(m: number, base: number, sigma: number): [reason: string, sentence: string] {
  const by = Math.abs(base - m).toFixed(6);
  const told = `${by} below what it was made on, on one seed`;
  if (m < base && base - m >= BOARDS * sigma)
    return ['aboard', `${told}: it rides in the next train, which is measured on more`];
  if (m < base) return ['chance', `${told}, where chance explains ${(BOARDS * sigma).toFixed(6)}`];
  if (m === base) return ['equal', 'exactly what it was made on, not lower'];
  return ['worse', `${by} above what it was made on`];
}

const hasCrashed = ({ outcome }: AttemptResult) => outcome.kind === 'crashed';
const unconfirmed = (candidate: AttemptResult) =>
  verdict(candidate, 'discard', 'unconfirmed', 'it crashed when measured again', metricOf(candidate));
