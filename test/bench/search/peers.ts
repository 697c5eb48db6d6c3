// What others do, in the same virtual time on the same stream of ideas: a candidate replaces the best file as a whole if
// its number is strictly lower. No part of the loop is used, so that what the loop gains is compared with no part of it.
import { type Land, LINES_PY, measured, secondsOf, type Truth, truthOfLines, withIdea } from './landscape.ts';

export interface Way {
  readonly width: number;
  readonly runs: number;
  /** All begin together and end with the slowest, and only the best of them is kept. */
  readonly waves?: boolean;
  /** Before each run, or before each wave. */
  readonly overheadSeconds?: number;
}

/** How far it was when so many runs had ended. */
export interface Reached {
  readonly trueGain: number;
  readonly claimedGain: number;
  readonly keeps: number;
  readonly falseKeeps: number;
}

export interface Peer {
  readonly hours: number;
  /** One for each number of runs, from 0. */
  readonly reached: readonly Reached[];
}

interface Candidate {
  readonly trainPy: string;
  readonly truth: Truth;
}

/** A run under way; `bpb` is null where it crashes or is lost. */
interface Underway {
  readonly candidate: Candidate;
  readonly endsSeconds: number;
  readonly lost: boolean;
  readonly bpb: number | null;
}

const SEED = 42;

/** What both ways of keeping have in common: the best file so far, the next idea, the runs. */
class Greedy {
  readonly reached: Reached[] = [];
  readonly #land: Land;
  readonly #baseline: Truth;
  readonly #baselineBpb: number;
  #tip: Candidate;
  #bpb: number;
  #ideas = 0;
  #runs = 0;
  #keeps = 0;
  #falseKeeps = 0;

  constructor(land: Land) {
    this.#land = land;
    this.#baseline = truthOfLines(land, LINES_PY);
    this.#tip = { trainPy: LINES_PY, truth: this.#baseline };
    this.#bpb = measured(land, this.#baseline, SEED, ++this.#runs);
    this.#baselineBpb = this.#bpb;
    this.ended();
    this.ended();
  }

  get runs(): number {
    return this.#runs;
  }

  get bpb(): number {
    return this.#bpb;
  }

  next(): Candidate {
    const trainPy = withIdea(this.#land, this.#tip.trainPy, ++this.#ideas);
    return { trainPy, truth: truthOfLines(this.#land, trainPy) };
  }

  begin(candidate: Candidate, nowSeconds: number): Underway {
    const run = ++this.#runs;
    const { truth } = candidate;
    const { seconds, lost } = secondsOf(this.#land, run, truth.crash);
    const bpb = lost || truth.crash ? null : measured(this.#land, truth, SEED, run);
    return { candidate, endsSeconds: nowSeconds + seconds, lost, bpb };
  }

  keep({ candidate, bpb }: Underway): void {
    this.#keeps++;
    if (candidate.truth.metric >= this.#tip.truth.metric) this.#falseKeeps++;
    this.#tip = candidate;
    this.#bpb = bpb!;
  }

  ended(): void {
    this.reached.push({
      trueGain: this.#baseline.metric - this.#tip.truth.metric,
      claimedGain: this.#baselineBpb - this.#bpb,
      keeps: this.#keeps,
      falseKeeps: this.#falseKeeps,
    });
  }
}

/** Sequential greedy at width 1, asynchronous greedy beyond, or waves. */
export function peer(land: Land, way: Way): Peer {
  const greedy = new Greedy(land);
  const { seconds } = secondsOf(land, 1, false);
  const hours = (way.waves ? inWaves : asTheyEnd)(greedy, seconds, way) / 3600;
  return { hours, reached: greedy.reached };
}

function asTheyEnd(greedy: Greedy, beginSeconds: number, { width, runs, overheadSeconds = 0 }: Way): number {
  let now = beginSeconds;
  const underway: Underway[] = [];
  const begin = (candidate: Candidate) => {
    const run = greedy.begin(candidate, now + overheadSeconds);
    const at = underway.findIndex((other) => other.endsSeconds <= run.endsSeconds);
    underway.splice(at < 0 ? underway.length : at, 0, run);
  };
  for (;;) {
    while (underway.length < width && greedy.runs < runs) begin(greedy.next());
    const run = underway.pop();
    if (!run) return now;
    now = run.endsSeconds;
    if (run.lost && greedy.runs < runs) begin(run.candidate);
    else if (run.bpb !== null && run.bpb < greedy.bpb) greedy.keep(run);
    greedy.ended();
  }
}

function inWaves(greedy: Greedy, beginSeconds: number, { width, runs, overheadSeconds = 0 }: Way): number {
  let now = beginSeconds;
  while (greedy.runs < runs) {
    const wave: Underway[] = [];
    while (wave.length < width && greedy.runs < runs) wave.push(greedy.begin(greedy.next(), 0));
    now += overheadSeconds + Math.max(...wave.map((run) => run.endsSeconds));
    const won = wave.filter((run) => run.bpb !== null && run.bpb < greedy.bpb);
    if (won.length > 0) greedy.keep(won.reduce((best, run) => (run.bpb! < best.bpb! ? run : best)));
    for (const _ of wave) greedy.ended();
  }
  return now;
}
