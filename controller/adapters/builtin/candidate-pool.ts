// Everything that was looked at in one batch: a change that was worked out for one idea is there for the next.
import type { KnobChange } from './knob-changes.ts';
import { type Values, withChanges } from './observations.ts';
import { textSeed } from './randomness.ts';
import type { Outlook, Surrogate } from './surrogate.ts';

export interface Candidate {
  readonly changes: readonly KnobChange[];
  readonly values: Values;
  readonly outlook: Outlook;
  /** Names it where chance is asked for. */
  readonly mark: number;
  /** That very file was tried. */
  tried: boolean;
}

export class CandidatePool {
  readonly #here: Values;
  readonly #surrogate: Surrogate;
  readonly #singles = new Map<string, Candidate>();
  readonly #pairs = new Map<Candidate, Map<Candidate, Candidate>>();

  constructor(here: Values, surrogate: Surrogate) {
    this.#here = here;
    this.#surrogate = surrogate;
  }

  single(change: KnobChange): Candidate {
    const key = `${change.name} ${change.to}`;
    const candidate = this.#singles.get(key) ?? this.#made([change]);
    this.#singles.set(key, candidate);
    return candidate;
  }

  onTrial(changes: readonly KnobChange[]): void {
    const [a, b] = changes.map((change) => this.single(change));
    if (a && changes.length <= 2) (b ? this.#pair(a, b) : a).tried = true;
  }

  /** Every two of the single moves that concern two knobs, but what is known to be tried. */
  *pairs(candidates: readonly Candidate[]): Generator<Candidate> {
    for (const [i, a] of candidates.entries())
      for (let j = 0; j < i; j++) {
        const b = candidates[j]!;
        if (a.changes[0]!.name === b.changes[0]!.name) continue;
        const pair = this.#pair(a, b);
        if (!pair.tried) yield pair;
      }
  }

  #pair(a: Candidate, b: Candidate): Candidate {
    const [first, second] = a.mark < b.mark ? [a, b] : [b, a];
    let others = this.#pairs.get(first);
    if (!others) {
      others = new Map();
      this.#pairs.set(first, others);
    }
    let pair = others.get(second);
    if (!pair) {
      pair = this.#made([...first.changes, ...second.changes]);
      others.set(second, pair);
    }
    return pair;
  }

  #made(changes: readonly KnobChange[]): Candidate {
    const values = withChanges(this.#here, changes);
    const outlook = this.#surrogate.outlook(values);
    const mark = textSeed(0, changes.map(({ name, to }) => `${name} ${to}`).join('\n'));
    return { changes, values, outlook, mark, tried: false };
  }
}
