// Replays in the store of their lane, for all who tell people what is known of its noise.
import { conditionsOf } from '../core/conditions.ts';
import type { Decision } from '../core/decision.ts';
import { keys } from '../core/keys.ts';
import type { Outcome } from '../core/outcome.ts';
import { type Replay, replaySchema } from '../core/replay.ts';
import type { Store } from '../ports.ts';
import { decode, encode } from '../std/json.ts';

/** What is stored of a replay of these two, but when it was. */
export function replayOf(
  baseline: Decision,
  tip: Decision,
  outcomes: readonly { measurement: Pick<Measured, 'side' | 'seed'>; outcome: Outcome }[],
  budgetSeconds: number,
): Omit<Replay, 'startedMs' | 'endedMs'> {
  const named = ({ experiment, commit }: Decision) => ({ experiment, commit });
  const measured = outcomes.map(({ measurement, outcome }) =>
    measuredOf(measurement, outcome, budgetSeconds),
  );
  const other = measured.some(
    ({ conditions }) => conditions !== '' && textIn(conditions) !== textIn(tip.conditions),
  );
  const claimed = Number((baseline.valBpb! - tip.valBpb!).toFixed(6));
  return { baseline: named(baseline), tip: named(tip), claimed, unseen: other, measured };
}

type Measured = Replay['measured'][number];

function measuredOf(
  { side, seed }: Pick<Measured, 'side' | 'seed'>,
  { kind, reason, sentence, sealed, image }: Outcome,
  budgetSeconds: number,
): Measured {
  const valBpb = kind === 'finished' ? (sealed?.val_bpb ?? null) : null;
  const conditions = valBpb === null ? '' : conditionsOf(sealed!, image, budgetSeconds);
  return { side, seed, valBpb, why: valBpb === null ? `${reason || kind}: ${sentence}` : '', conditions };
}

function textIn(conditions: string): string | undefined {
  return / data:(\S+)/.exec(` ${conditions}`)?.[1];
}

/** Stores it under the next free number, which is given. */
export async function storeReplay(store: Store, lane: string, replay: Replay): Promise<number> {
  for (let n = 1; ; n++) if (await store.putIfAbsent(keys.replay(lane, n), encode(replay))) return n;
}

/** The replays of a lane. None ever changes, so each is read once. */
export class StoredReplays {
  readonly #store: Pick<Store, 'get'>;
  readonly #lane: string;
  /** Null stands for one that cannot be understood. */
  readonly #read: (Replay | null)[] = [];

  constructor(store: Pick<Store, 'get'>, lane: string) {
    this.#store = store;
    this.#lane = lane;
  }

  /** All that can be understood, oldest first. */
  async all(): Promise<readonly Replay[]> {
    for (let i = this.#read.length; ; i++) {
      const bytes = await this.#store.get(keys.replay(this.#lane, i + 1));
      if (!bytes) return this.#read.filter((replay) => replay !== null);
      this.#read[i] = understood(bytes);
    }
  }

  /** Keys of those that are there and cannot be understood, as of the last look: what they say is left out. */
  get damaged(): string[] {
    return this.#read.flatMap((replay, i) => (replay === null ? [keys.replay(this.#lane, i + 1)] : []));
  }
}

function understood(bytes: Uint8Array): Replay | null {
  try {
    return replaySchema.parse(decode(bytes));
  } catch {
    return null;
  }
}
