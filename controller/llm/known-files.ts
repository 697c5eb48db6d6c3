// What was proposed before, by what it computes: the sums of the newest candidates of a lane, whoever proposed them.
import { experimentId, proposalSchema } from '../core/experiment.ts';
import { keys } from '../core/keys.ts';
import type { Store } from '../ports.ts';
import { parse } from '../std/json.ts';
import type { TrainPyReader } from './static-checks.ts';

/** Older candidates are known by their text alone: reading them all would take minutes at every start. */
const NEWEST = 500;
const AT_ONCE = 64;

/** Who has a sum: in words, and the experiment where it has an id. */
interface FileOwner {
  readonly what: string;
  readonly experiment: string | null;
}

export class KnownFiles {
  readonly #store: Store;
  readonly #lane: string;
  readonly #reader: TrainPyReader;
  readonly #sums = new Map<string, FileOwner>();
  /** Files that were claimed here and have no id yet, with their sums: they need not be read again. */
  readonly #claimed = new Map<string, string>();
  #upTo = 0;
  #learning: Promise<void> = Promise.resolve();

  constructor(store: Store, lane: string, reader: TrainPyReader) {
    this.#store = store;
    this.#lane = lane;
    this.#reader = reader;
  }

  /** Takes in the candidates with ids below `next`; those of the experiments in `but` have no place. */
  learn(next: number, but: readonly string[]): Promise<void> {
    const learnt = this.#learning.then(() => this.#learn(next, new Set(but)));
    this.#learning = learnt.catch(() => {});
    return learnt;
  }

  /** Takes the place of an idea before it has an id. */
  claim(sum: string, trainPy: string): void {
    this.#sums.set(sum, { what: 'an idea that waits for its turn', experiment: null });
    this.#claimed.set(trainPy, sum);
  }

  /** Takes a place for the repair of an experiment. */
  repaired(sum: string, experiment: string): void {
    this.#sums.set(sum, { what: repairOf(experiment), experiment });
  }

  /** Files that have a place and no id, as of now. */
  claimed(): string[] {
    return [...this.#claimed.keys()];
  }

  /** Of ideas that had a place: gives it up where they wait no more, for they were dropped, made over, or lost. */
  forget(claimed: readonly string[], waiting: readonly string[]): void {
    const files = new Set(waiting);
    for (const trainPy of claimed) {
      const sum = this.#claimed.get(trainPy);
      if (sum !== undefined && !files.has(trainPy)) {
        this.#claimed.delete(trainPy);
        this.#sums.delete(sum);
      }
    }
  }

  /** What has this sum already, null where nothing has. */
  readonly ownerOf = (sum: string): string | null => this.#sums.get(sum)?.what ?? null;

  async #learn(next: number, but: ReadonlySet<string>): Promise<void> {
    for (const [sum, { experiment }] of this.#sums)
      if (experiment !== null && but.has(experiment)) this.#sums.delete(sum);
    for (let from = Math.max(this.#upTo, next - NEWEST); from < next; from += AT_ONCE) {
      const ids = Array.from({ length: Math.min(AT_ONCE, next - from) }, (_, i) => experimentId(from + i));
      const found = await Promise.all(ids.map(async (id) => ({ id, trainPy: await this.#proposed(id) })));
      const files = found.filter(
        ({ id, trainPy }) => trainPy !== null && !but.has(id) && !this.#got(id, trainPy),
      );
      const sums = files.length === 0 ? [] : await this.#reader.sums(files.map((one) => one.trainPy!));
      for (const [i, { id }] of files.entries()) {
        const sum = sums[i];
        if (sum && !this.#sums.has(sum)) this.#sums.set(sum, proposedAs(id));
      }
      this.#upTo = from + ids.length;
    }
  }

  /** Whether an idea that was claimed here is what got this id. */
  #got(id: string, trainPy: string): boolean {
    const sum = this.#claimed.get(trainPy);
    if (sum !== undefined) this.#sums.set(sum, proposedAs(id));
    return this.#claimed.delete(trainPy);
  }

  async #proposed(id: string): Promise<string | null> {
    const bytes = await this.#store.get(keys.proposal(this.#lane, id));
    return bytes && parse(proposalSchema, bytes, `proposal of ${id}`).trainPy;
  }
}

/** What the repair of an experiment is called. */
export function repairOf(experiment: string): string {
  return `the repair of ${experiment}`;
}

function proposedAs(experiment: string): FileOwner {
  return { what: `experiment ${experiment}`, experiment };
}
