// Which part of the unseen text a run may be asked: one that no run was asked before, and none that lives may be asked.
// What is spent follows from results and decisions. Only what died without a result is remembered here alone: after a
// restart its part may be given again.
import type { Decision } from '../core/decision.ts';
import type { AttemptResult } from '../core/verdict.ts';
import { attemptKey } from '../core/world.ts';

export class UnseenParts {
  readonly #spent = new Set<number>();
  /** By attempt: the part that its run may be asked. */
  readonly #given = new Map<string, number>();
  readonly #taken = new Set<number>();
  /** All below it are spent. */
  #first = 0;
  /** Of those below it none can be given. */
  #free = 0;

  /** The part of this attempt, the same however often it is launched. */
  reserve(experiment: string, attempt: number): number {
    const key = attemptKey(experiment, attempt);
    const given = this.#given.get(key);
    if (given !== undefined) return given;
    let part = this.#free;
    while (part < this.#first || this.#spent.has(part) || this.#taken.has(part)) part++;
    this.#free = part + 1;
    this.#given.set(key, part);
    this.#taken.add(part);
    return part;
  }

  /** Its run has ended. Without a result nobody knows whether it was asked: its part counts as spent. */
  ended(experiment: string, { n, outcome: { sealed } }: AttemptResult): void {
    const key = attemptKey(experiment, n);
    const given = this.#given.get(key);
    this.#given.delete(key);
    if (given !== undefined) {
      this.#taken.delete(given);
      this.#free = Math.min(this.#free, given);
    }
    const asked = sealed ? sealed.unseen?.part : given;
    if (asked !== undefined) this.#spend(asked);
  }

  decided({ unseenParts }: Pick<Decision, 'unseenParts'>): void {
    for (const part of unseenParts.split(' ')) if (part !== '') this.#spend(Number(part));
  }

  #spend(part: number): void {
    this.#spent.add(part);
    while (this.#spent.delete(this.#first)) this.#first++;
  }
}
