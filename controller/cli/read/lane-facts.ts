// What is told of a lane beside its rows, read anew only where it may have changed: a page looks once a second for days.

import { keys } from '../../core/keys.ts';
import type { Spend } from '../../core/spend.ts';
import { spendsOf } from '../../llm/spend-log.ts';
import { StoredReplays } from '../../replay/stored.ts';
import type { KnownNoise } from '../../report/known-noise.ts';
import { knownNoiseOf } from '../../report/known-noise.ts';
import type { LaneOverview } from '../../views/overview.ts';
import { readBegun } from '../../wiring/begun.ts';
import { floorOf } from '../../wiring/dataset.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';

/** Calls of the model, oldest first, and what is to do about those that cannot be read. */
interface LaneSpends {
  readonly all: readonly Spend[];
  readonly damaged: readonly string[];
}

export class LaneFacts {
  readonly #replays: StoredReplays;
  #floor: number | null = null;
  #begun: LaneOverview['begun'] = null;
  #spends: LaneSpends & { readonly names: string } = { names: '', all: [], damaged: [] };
  #noise: { readonly of: string; readonly known: KnownNoise } | null = null;

  constructor({ store, lane }: Pick<LaneReader, 'store' | 'lane'>) {
    this.#replays = new StoredReplays(store, lane);
  }

  /** Entropy of a made-up text. One that is there stays. */
  async floor({ paths, lane }: LaneReader): Promise<number | null> {
    this.#floor ??= await floorOf(paths, lane);
    return this.#floor;
  }

  /** What a lane was begun with; it never changes once its baseline is kept. */
  async begun(reader: LaneReader): Promise<LaneOverview['begun']> {
    if (this.#begun && reader.view.kept.length > 0) return this.#begun;
    const begun = await begunView(reader);
    if (reader.view.kept.length > 0) this.#begun = begun;
    return begun;
  }

  /** Each change of a call adds a name, and what has a name does not change, unless it is restored from a copy. */
  async spends({ store, lane }: LaneReader): Promise<LaneSpends> {
    const names = (await store.list(keys.spends(lane))).join(' ');
    if (names !== this.#spends.names || this.#spends.damaged.length > 0) {
      const damaged: string[] = [];
      this.#spends = {
        names,
        all: await spendsOf(store, lane, (sentence) => damaged.push(sentence)),
        damaged,
      };
    }
    return this.#spends;
  }

  async noise({ ledger: { decisions } }: LaneReader): Promise<KnownNoise> {
    const replays = await this.#replays.all();
    const of = `${replays.length} ${decisions.length}`;
    if (this.#noise?.of !== of) this.#noise = { of, known: knownNoiseOf(replays, decisions) };
    return this.#noise.known;
  }
}

async function begunView(reader: LaneReader): Promise<LaneOverview['begun']> {
  const begun = await readBegun(reader.lane, reader);
  if (!begun) return null;
  const { trainer, budgetSeconds, clock, seed, confirm, requireSealed, text, evidence, from, trainPy } =
    begun;
  // What an older release began tells its file and not whose it was.
  const own = from === undefined || trainPy === undefined ? '' : 'a file of your own';
  return {
    trainer: trainer ?? null,
    budgetSeconds: budgetSeconds ?? null,
    clock: clock ?? null,
    seed: seed ?? null,
    confirm: confirm ?? null,
    requireSealed: requireSealed ?? null,
    text: text ?? null,
    evidence: evidence ?? null,
    firstFile: from || own,
  };
}
