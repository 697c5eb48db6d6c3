// The built-in proposer's choice: among the moves from here, the one whose expected improvement is largest.
import type { Brief } from '../../brief.ts';
import { type Candidate, CandidatePool } from './candidate-pool.ts';
import { singles } from './candidates.ts';
import { changesIn, describe, type KnobChange } from './knob-changes.ts';
import { type Knob, knobsOf, writerOf } from './knobs.ts';
import { type Observation, observationsOf, withChanges } from './observations.ts';
import type { Thinker, Thought } from './one-by-one.ts';
import { chanceOf, laneSeed } from './randomness.ts';
import { hypothesisFor, reasonFor } from './reasons.ts';
import type { Slices } from './slices.ts';
import { type Expectation, Surrogate } from './surrogate.ts';

/** Ideas in a row without a keep after which far steps are looked at too. */
const PATIENCE = 12;
/** Of the single moves, this many of the best are also looked at two at a time. */
const PAIRED = 8;
/** Two at once must promise this much more than one, for one is easier to learn from. */
const WORTH_TWO = 1.4;
/** A knob moved twice since it last gained is looked at half as eagerly. */
const TIRED_BY = 2;
/** What scoring a candidate, and finding a pair, cost in steps besides what the surrogate counts. */
const A_SCORE = 60;
const A_LOOK = 8;

interface Scored {
  readonly candidate: Candidate;
  readonly expectation: Expectation;
  readonly score: number;
}

/** The most promising untried change of one or two knobs, or null where every one was tried. */
export const bestCandidate: Thinker = (brief, work) => {
  const knobs = knobsOf(brief.trainPy);
  if (knobs.length === 0) return () => null;
  const search = new Search(brief, knobs, work);
  return (next, tried) => search.next(next, tried);
};

class Search {
  readonly #knobs: readonly Knob[];
  readonly #work: Slices;
  readonly #seed: number;
  readonly #observations: readonly Observation[];
  readonly #surrogate: Surrogate;
  readonly #pool: CandidatePool;
  readonly #failures: ReadonlyMap<string, number>;
  /** Single moves: the near ones, or all of them once nothing near has gained for long; and all of them. */
  readonly #near: readonly Candidate[];
  readonly #all: readonly Candidate[];
  readonly #write: ReturnType<typeof writerOf>;

  constructor(brief: Brief, knobs: readonly Knob[], work: Slices) {
    this.#knobs = knobs;
    this.#work = work;
    this.#seed = laneSeed(brief);
    this.#observations = observationsOf(brief, knobs);
    const here = new Map(knobs.map((k) => [k.name, k.literal]));
    this.#surrogate = new Surrogate(knobs, this.#observations, { values: here, bpb: brief.tipBpb }, work);
    this.#pool = new CandidatePool(here, this.#surrogate);
    const open = brief.open.map((description) => changesIn(description).filter((m) => here.has(m.name)));
    const onTrial = open.filter((changes) => changes.length > 0);
    this.#surrogate.tries(onTrial.map((changes) => withChanges(here, changes)));
    // Not even what is on trial on an older tip: it is known what comes of it before another run could tell.
    for (const changes of onTrial) this.#pool.onTrial(changes);
    this.#failures = failuresOf(this.#observations);
    this.#all = singles(knobs, true).map((change) => this.#pool.single(change));
    this.#near =
      plateau(brief) >= PATIENCE
        ? this.#all
        : singles(knobs, false).map((change) => this.#pool.single(change));
    this.#write = writerOf(brief.trainPy);
  }

  async next(next: number, tried: (trainPy: string) => boolean): Promise<Thought | null> {
    for await (const round of this.#rounds(next)) {
      const left = new Set(round);
      for (let best = bestOf(left); best; best = bestOf(left)) {
        left.delete(best);
        if (this.#work.due) await this.#work.rest();
        const { changes, values } = best.candidate;
        const trainPy = this.#write(values);
        this.#work.did(trainPy.length + left.size);
        best.candidate.tried = true;
        if (tried(trainPy)) continue;
        this.#surrogate.tries([values]);
        return this.#thought(changes, best.expectation, trainPy);
      }
    }
    return null;
  }

  /** Untried changes from here, in rounds; in the last ones those that nobody would expect much of. */
  async *#rounds(next: number): AsyncGenerator<Scored[]> {
    const near = await this.#ranked(next, this.#near);
    const known = near.map((s) => s.candidate).filter(({ changes }) => this.#failures.has(changes[0]!.name));
    yield [...near.filter(isUntried), ...(await this.#pairs(next, known.slice(0, PAIRED)))];
    const all = await this.#ranked(next, this.#all);
    yield all.filter(isUntried);
    const best = all.map((s) => s.candidate);
    let first = PAIRED;
    do {
      first *= 2;
      yield await this.#pairs(next, best.slice(0, first));
    } while (first < best.length);
  }

  /** The best first. */
  async #ranked(next: number, candidates: readonly Candidate[]): Promise<Scored[]> {
    const scored = await this.#scored(next, candidates);
    return scored.sort((a, b) => b.score - a.score);
  }

  #pairs(next: number, candidates: readonly Candidate[]): Promise<Scored[]> {
    this.#work.did(A_LOOK * candidates.length ** 2);
    return this.#scored(next, this.#pool.pairs(candidates));
  }

  async #scored(next: number, candidates: Iterable<Candidate>): Promise<Scored[]> {
    const scored: Scored[] = [];
    for (const candidate of candidates) {
      if (this.#work.due) await this.#work.rest();
      this.#work.did(A_SCORE);
      scored.push(this.#score(next, candidate));
    }
    return scored;
  }

  #score(next: number, candidate: Candidate): Scored {
    const { changes, outlook, mark } = candidate;
    const expectation = this.#surrogate.expect(outlook);
    const tired = Math.max(...changes.map((m) => this.#failures.get(m.name) ?? 0)) / TIRED_BY;
    const worth = improvement(expectation) / (1 + tired) / (changes.length > 1 ? WORTH_TWO : 1);
    return { candidate, expectation, score: worth * (0.9 + 0.2 * chanceOf(this.#seed, next, mark)) };
  }

  #thought(changes: readonly KnobChange[], { gain }: Expectation, trainPy: string): Thought {
    const [knobs, observations] = [this.#knobs, this.#observations];
    const reasons = changes.map((change) =>
      reasonFor(change, knobs.find((k) => k.name === change.name)!, observations),
    );
    return {
      description: describe(changes),
      hypothesis: hypothesisFor(changes, [...new Set(reasons)], { knobs, observations, gain }),
      trainPy,
    };
  }
}

function isUntried({ candidate }: Scored): boolean {
  return !candidate.tried;
}

function bestOf(scored: Iterable<Scored>): Scored | null {
  let best: Scored | null = null;
  for (const one of scored) if (!best || one.score > best.score) best = one;
  return best;
}

/** How often each knob was moved since it last gained; knobs that were never moved are not in it. */
function failuresOf(observations: readonly Observation[]): Map<string, number> {
  const failures = new Map<string, number>();
  for (const { changes, gain } of observations)
    for (const { name } of changes)
      failures.set(name, gain !== null && gain > 0 ? 0 : (failures.get(name) ?? 0) + 1);
  return failures;
}

/** Decided experiments since the last keep. */
function plateau(brief: Brief): number {
  return brief.past.length - 1 - brief.past.findLastIndex((p) => p.status === 'keep');
}

/** Expected improvement over here, of a normal expectation. */
function improvement({ gain, sd }: Expectation): number {
  if (sd < 1e-9) return Math.max(gain, 0);
  const z = gain / sd;
  return gain * (1 / (1 + Math.exp(-1.702 * z))) + (sd * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI);
}
