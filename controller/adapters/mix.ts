// Several proposers as one: each has its share of the ideas, and whoever has none now is stood in for by the others.

import type { Brief, FixBrief } from '../brief.ts';
import type { Idea } from '../core/idea.ts';
import { sha256Hex } from '../intent.ts';
import type { Proposed, Proposer } from '../ports.ts';
import { siblings } from '../std/siblings.ts';

export interface Part {
  readonly proposer: Proposer;
  /** 0: it only stands in. */
  readonly share: number;
  /** It answers at once, and the same brief gets the same ideas: it is asked one request after the other. */
  readonly instant: boolean;
}

/** Whose turn the idea with this number is (from 1 on): in any run of turns each has its share, but for one idea. */
export function turnOf(n: number, shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const had = shares.map(() => 0);
  let turn = 0;
  for (let i = 1; i <= n; i++) {
    turn = 0;
    const owed = (k: number) => (shares[k]! / sum) * i - had[k]!;
    for (const k of shares.keys()) if (owed(k) > owed(turn) + 1e-9) turn = k;
    had[turn]!++;
  }
  return turn;
}

export class MixedProposer implements Proposer {
  readonly #parts: readonly Part[];
  /** Hears why another one stands in. */
  readonly #told: (sentence: string) => void;
  #next: number | null = null;
  /** Ideas of instant parts: a request that is under way does not show in a brief. */
  #handed: Idea[] = [];
  #instant: Promise<unknown> = Promise.resolve();

  constructor(parts: readonly Part[], told: (sentence: string) => void) {
    this.#parts = parts;
    this.#told = told;
  }

  async propose(
    brief: Brief,
    count: number,
    signal: AbortSignal,
    here?: (idea: Idea) => void,
  ): Promise<Proposed> {
    signal.throwIfAborted();
    const ideas: Idea[] = [];
    let missing = count;
    const take = (idea: Idea) => {
      missing--;
      if (here) here(idea);
      else ideas.push(idea);
    };
    const turns = this.#turns(brief.next, count);
    const refused = new Map<number, Extract<Proposed, { kind: 'none' }>>();
    const ask = async (k: number, wanted: number) => {
      const said = await this.#ask(this.#parts[k]!, brief, wanted, signal, take);
      if (said.kind === 'none') refused.set(k, said);
    };
    await siblings(turns.flatMap((wanted, k) => (wanted > 0 ? [ask(k, wanted)] : [])));
    for (const k of this.#parts.keys())
      if (missing > 0 && refused.size > 0 && !refused.has(k)) await ask(k, missing);
    if (missing < count) {
      for (const { sentence } of refused.values()) this.#told(`others have the ideas meanwhile: ${sentence}`);
      return { kind: 'ideas', ideas };
    }
    return leastBad([...refused.values()]);
  }

  /** The first who has a repair. */
  async fix(brief: FixBrief, signal: AbortSignal): Promise<string | null> {
    for (const { proposer } of this.#parts) {
      const repaired = await proposer.fix(brief, signal);
      if (repaired !== null) return repaired;
    }
    return null;
  }

  /** How many of the next ideas are whose. */
  #turns(next: number, count: number): number[] {
    this.#next ??= next;
    const shares = this.#parts.map((part) => part.share);
    const turns = shares.map(() => 0);
    for (let i = 0; i < count; i++) turns[turnOf(this.#next++, shares)]!++;
    return turns;
  }

  async #ask(
    { proposer, instant }: Part,
    brief: Brief,
    count: number,
    signal: AbortSignal,
    take: (idea: Idea) => void,
  ): Promise<Proposed> {
    const asked = async (of: Brief, handed: (idea: Idea) => void) => {
      const said = await proposer.propose(of, count, signal, handed);
      if (said.kind === 'ideas') said.ideas.forEach(handed);
      return said;
    };
    if (!instant) return asked(brief, take);
    const turn = this.#instant.then(() => {
      this.#handed = this.#handed.filter(
        ({ base, trainPy }) => base === brief.tip && !brief.tried.includes(sha256Hex(trainPy)),
      );
      const unseen = this.#handed.filter(
        ({ trainPy }) => !brief.ready.some((one) => one.trainPy === trainPy),
      );
      return asked({ ...brief, ready: [...brief.ready, ...unseen] }, (idea) => {
        this.#handed.push(idea);
        take(idea);
      });
    });
    this.#instant = turn.catch(() => {});
    return turn;
  }
}

/** Nobody has an idea: it may help to ask again, and else the first to be asked says why not. */
function leastBad(all: readonly Extract<Proposed, { kind: 'none' }>[]): Proposed {
  const later = all.filter((one) => one.retry);
  if (later.length === 0) return all[0]!;
  const afterMs = Math.min(...later.map((one) => one.afterMs ?? 0));
  return { ...later[0]!, ...(afterMs > 0 && { afterMs }) };
}
