// Gains that the frontier does not have, and which of them ride together next. All of it follows from Decisions and
// proposals, so a restart owes the same (I9).
import type { Decision } from '../core/decision.ts';
import { isEvidence } from '../core/evidence.ts';

/** A gain that is owed a `stack` proposal: `theirs` as an edit of `base`, to be carried onto the tip. */
export interface OwedMerge {
  /** Of the experiment that owes it. */
  readonly decision: Decision;
  readonly base: string;
  /** The frontier commit whose file is carried; null where it is the discarded candidate's own file. */
  readonly theirs: string | null;
}

/** What a Decision owes: what its keep displaced, or its own file where the frontier moved past it. */
export function owedBy(decision: Decision): OwedMerge | null {
  const { status, reason, base, tip, source } = decision;
  if (base === null || tip === null || source === 'retract') return null;
  if (reason === 'aboard') return { decision, base, theirs: null };
  if (base === tip) return null;
  if (status === 'keep') return { decision, base, theirs: tip };
  return reason === 'stale' ? { decision, base, theirs: null } : null;
}

/**
 * What a train's Decision owes again: where its gains together are none, each half, for that says nothing of one; where
 * the machine failed it, all of it (I6).
 */
export function owedAgainBy(decision: Decision): (readonly string[])[] {
  const { status, reason, stackOf } = decision;
  // One that is on the frontier already lacks nothing, and a stale one is a gain of its own.
  if (stackOf === null || status === 'keep' || reason === 'stale' || reason === 'identical') return [];
  if (!isEvidence(decision)) return [stackOf];
  // Under evidence each of them was screened: that together they are none is chance, or none of them is.
  if (stackOf.length < 2 || decision.measured) return [];
  const middle = Math.ceil(stackOf.length / 2);
  return [stackOf.slice(0, middle), stackOf.slice(middle)];
}

/** In sigmas: under evidence a train departs once its gains together promise the first, or one of them the second. */
const PROMISED = 4;
const SURE = 5;

export class OwedMerges {
  /** Commits that a retraction went back behind: what they gained is owed no more. */
  withdrawn: ReadonlySet<string> = new Set();
  readonly #owed = new Map<string, OwedMerge>();
  /** Of these, those that no proposal has carried yet. */
  readonly #loose = new Set<string>();
  /** By experiment that owes a gain: the first and the last proposal that carried it. */
  readonly #carriers = new Map<string, { first: string; last: string }>();
  /** `stack` proposals without a verdict, by id: what they carry. */
  readonly #underWay = new Map<string, readonly string[]>();
  /** What trains owe again, by the train. */
  #again: { of: string; units: readonly string[] }[] = [];
  /** Gains that cannot be merged onto the tip as it stands. */
  readonly #stuck = new Set<string>();
  /** Of frontier commits. */
  readonly #bpb = new Map<string, number>();

  proposed(experiment: string, stackOf: readonly string[] | null): void {
    if (stackOf === null) return;
    this.#underWay.set(experiment, stackOf);
    this.#carry(experiment, stackOf);
  }

  decided(decision: Decision): void {
    const { experiment, stackOf } = decision;
    this.#underWay.delete(experiment);
    if (decision.status === 'keep') this.#bpb.set(decision.commit, decision.valBpb!);
    if (stackOf !== null) this.#carry(experiment, stackOf);
    const owed = owedBy(decision);
    if (owed) {
      this.#owed.set(experiment, owed);
      if (!this.#carriers.has(experiment)) this.#loose.add(experiment);
    }
    for (const units of owedAgainBy(decision)) this.#again.push({ of: experiment, units });
    // The tip is another one, or a file that the machine failed may be tried again.
    if (decision.status === 'keep' || !isEvidence(decision)) this.#stuck.clear();
  }

  get(of: string): OwedMerge | undefined {
    return this.#owed.get(of);
  }

  /** What an owed gain gained on the commit that it was made on. */
  gainOf(of: string): number {
    const { decision, theirs } = this.#owed.get(of)!;
    return decision.baseBpb! - (theirs === null ? decision.valBpb! : this.#bpb.get(theirs)!);
  }

  /** Which gains ride together next: what trains owe again, then all loose ones that depart, one such train at a time. */
  due(sigma = 0): (readonly string[])[] {
    this.#again = this.#again
      .map(({ of, units }) => ({ of, units: units.filter((unit) => this.#carriers.get(unit)?.last === of) }))
      .filter(({ units }) => units.length > 0);
    const again = this.#again.map(({ units }) => this.#standing(units));
    const trains = [...again, this.#departs(sigma) ? this.#collected() : []];
    return trains.filter((units) => units.length > 0 && !this.#stuck.has(units.join()));
  }

  /** Loose gains that wait for others, as they promise too little over the noise of a measurement. */
  boarding(sigma = 0): readonly string[] {
    const units = this.#departs(sigma) ? [] : this.#collected();
    return this.#stuck.has(units.join()) ? [] : units;
  }

  #collected(): string[] {
    const collecting = [...this.#underWay].some(([id, units]) =>
      units.some((unit) => this.#carriers.get(unit)?.first === id),
    );
    return collecting ? [] : this.#standing([...this.#loose]).sort();
  }

  /** Less what a retraction went back behind. */
  #standing(units: readonly string[]): string[] {
    return units.filter((unit) => !this.withdrawn.has(this.#owed.get(unit)?.theirs ?? ''));
  }

  #departs(sigma: number): boolean {
    const gains = this.#standing([...this.#loose]).map((of) => this.gainOf(of) / sigma);
    return sigma === 0 || gains.some((gain) => gain > SURE) || gains.reduce((a, b) => a + b, 0) >= PROMISED;
  }

  /** None of them can be merged onto the tip: they wait for another tip, or for other gains beside them. */
  wait(units: readonly string[]): void {
    this.#stuck.add(units.join());
  }

  #carry(experiment: string, stackOf: readonly string[]): void {
    for (const unit of stackOf) {
      this.#loose.delete(unit);
      const { first, last } = this.#carriers.get(unit) ?? { first: experiment, last: experiment };
      this.#carriers.set(unit, {
        first: experiment < first ? experiment : first,
        last: experiment > last ? experiment : last,
      });
    }
  }
}
