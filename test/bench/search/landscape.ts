// A made-up research problem: a stream of one-line edits with heavy-tailed effects, on a machine with noise, crashes and
// losses. The seed fixes the stream, so every policy meets the same ideas in the same order.

export interface Land {
  readonly seed: number;
  /** Noise that file and seed of a run have together; what all files have in common under one seed. */
  readonly sigma: number;
  readonly sigmaCommon: number;
  /** Chance that two edits that help are half the same gain. */
  readonly conflict: number;
  readonly crash: number;
  readonly lost: number;
  /** No edit does anything. */
  readonly nothing: boolean;
}

/** What a file really is: its metric without noise, and a number that tells it from others. */
export interface Truth {
  readonly metric: number;
  readonly crash: boolean;
  readonly key: number;
}

export const lines: Land = {
  seed: 1,
  sigma: 1e-3,
  sigmaCommon: 0,
  conflict: 0.03,
  crash: 0.1,
  lost: 0.01,
  nothing: false,
};

const SITES = 200;
const BASE = 0.9979;
/** The same file with the same seed again. */
const SIGMA_RUN = 1e-4;
/** After so many ideas half as many help. */
const PACE = 150;
const HELPFUL = 0.17;
const NEUTRAL = 0.25;

interface Edit {
  readonly site: number;
  /** Change of the metric; below 0 helps. */
  readonly effect: number;
  readonly crash: boolean;
}

/** A number in [0, 1) for these words. */
export function uniform(...words: readonly number[]): number {
  let h = 0x811c9dc5;
  for (const word of words) {
    h = Math.imul(h ^ (word | 0), 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
  }
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b);
  return (((h ^ (h >>> 15)) >>> 0) + 0.5) / 2 ** 32;
}

export function normal(...words: readonly number[]): number {
  const radius = Math.sqrt(-2 * Math.log(uniform(...words, 101)));
  return radius * Math.cos(2 * Math.PI * uniform(...words, 202));
}

const edits = new WeakMap<Land, Edit[]>();

function editOf(land: Land, k: number): Edit {
  const known = edits.get(land) ?? [];
  edits.set(land, known);
  known[k] ??= madeEdit(land, k);
  return known[k];
}

/** Idea k, from 1: 17 % help at first, 1 / (1 + k / 150) of that later, and by less. */
function madeEdit({ seed, crash, nothing }: Land, k: number): Edit {
  const site = Math.floor(uniform(seed, k, 1) * SITES);
  const helpful = HELPFUL / (1 + k / PACE);
  const luck = uniform(seed, k, 2);
  const z = normal(seed, k, 3);
  const gain = Math.min(0.012, 0.0009 * (1 + k / PACE) ** -0.35 * Math.exp(z));
  const effect = luck < helpful ? -gain : luck < helpful + NEUTRAL ? 5e-5 * z : 0.003 * Math.exp(1.2 * z);
  return { site, effect: nothing ? 0 : effect, crash: uniform(seed, k, 4) < crash };
}

/** A train.py of one-line edits: each site names the idea that it has, 0 at first. */
export const LINES_PY = `# a train.py of one-line edits\n${Array.from({ length: SITES }, (_, site) => `S${site} = 0\n# ${site}\n`).join('')}`;

export function withIdea(land: Land, trainPy: string, k: number): string {
  const { site } = editOf(land, k);
  return trainPy.replace(new RegExp(`^S${site} = \\d+$`, 'm'), `S${site} = ${k}`);
}

export function truthOfLines(land: Land, trainPy: string): Truth {
  const ideas = [...trainPy.matchAll(/^S\d+ = (\d+)$/gm)].map((line) => Number(line[1])).filter((k) => k > 0);
  const edits = ideas.map((k) => ({ k, ...editOf(land, k) }));
  const helpful = edits.filter((edit) => edit.effect < 0);
  let metric = edits.reduce((sum, edit) => sum + edit.effect, BASE);
  for (const [i, a] of helpful.entries())
    for (const b of helpful.slice(0, i))
      if (uniform(land.seed, Math.min(a.k, b.k), Math.max(a.k, b.k), 5) < land.conflict)
        metric += 0.5 * Math.min(-a.effect, -b.effect);
  const key = ideas.reduce((sum, k) => Math.imul(sum ^ k, 0x9e3779b1) ^ (sum >>> 15), 17);
  return { metric, crash: edits.some((edit) => edit.crash), key };
}

/** What run number `run` measures under a seed of training. */
export function measured(land: Land, { metric, key }: Truth, runSeed: number, run: number): number {
  const { seed, sigma, sigmaCommon } = land;
  const noise =
    sigma * normal(seed, key, runSeed, 6) +
    sigmaCommon * normal(seed, runSeed, 7) +
    SIGMA_RUN * normal(seed, run, 8);
  return Math.round((metric + noise) * 1e6) / 1e6;
}

/** How long run number `run` takes: 320 s, one in fifty longer; a crash is short, and a loss comes half-way. */
export function secondsOf(
  { seed, lost }: Land,
  run: number,
  crash: boolean,
): { seconds: number; lost: boolean } {
  if (crash) return { seconds: 24 + 20 * uniform(seed, run, 9), lost: false };
  const straggles = uniform(seed, run, 10) < 0.02 ? 60 * uniform(seed, run, 11) : 0;
  const seconds = 320 + 6 * normal(seed, run, 12) + straggles;
  return uniform(seed, run, 13) < lost ? { seconds: seconds / 2, lost: true } : { seconds, lost: false };
}

/** How long one answer of a language model takes: 26 s in the middle. */
export function thinkingSeconds({ seed }: Land, n: number): number {
  return Math.min(180, 26 * Math.exp(0.5 * normal(seed, n, 77)));
}
