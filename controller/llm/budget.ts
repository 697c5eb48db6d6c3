// The spend record of a lane in its store (I8): the most a call can cost is written down before it, what it did cost after.

import { SPAN } from '../core/checkpoint.ts';
import { keys } from '../core/keys.ts';
import { noUsage, tokensOf, usdOf } from '../core/money.ts';
import {
  isSettled,
  type PaidCall,
  type Reservation,
  type Settlement,
  type Spend,
  settlementSchema,
} from '../core/spend.ts';
import type { Store } from '../ports.ts';
import { encode } from '../std/json.ts';
import { type RefusedIdea, storeRefused } from './refused-log.ts';
import { capOf, leftOf, type Refused, refuseCall, type SpendCaps, type Spent } from './spend-caps.ts';
import { condense, spendAt } from './spend-log.ts';

const NOTHING: Spent = { nanoUsd: 0, tokens: 0 };

/** So many calls into a thousand the one before is laid together: by then what was under way has its settlement. */
const AFTER = 100;

/** A call that may be made now; or what is left, where `others` are still on their way and may give something back. */
type Reserved =
  | { kind: 'reserved'; reservation: Reservation }
  | ({ kind: 'refused'; others: boolean; left: Spent } & Refused);

export class Budget {
  readonly #store: Store;
  readonly #lane: string;
  readonly #caps: () => Promise<SpendCaps | Refused>;
  readonly #paid: (call: PaidCall) => void;
  #next = 1;
  #nanoUsd = 0;
  #tokens = 0;
  /** Reservations without a settlement, of this controller or another. */
  readonly #unsettled = new Map<number, Reservation>();
  /** Calls of this controller that are under way. */
  readonly #underWay = new Set<number>();
  #read: Promise<void> | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  /** `caps`: those in force, or why they cannot be told. `paid` hears of each call of this controller once it is over. */
  constructor(
    store: Store,
    lane: string,
    caps: () => Promise<SpendCaps | Refused>,
    paid: (call: PaidCall) => void = () => {},
  ) {
    this.#store = store;
    this.#lane = lane;
    this.#caps = caps;
    this.#paid = paid;
  }

  /** USD that are spent, or reserved and not known to be less. */
  async spentUsd(): Promise<number> {
    await this.#open();
    return usdOf(this.#nanoUsd);
  }

  /** Writes the reservation of a call down, unless it could pass a cap. Reservations are made one after another. */
  reserve(call: Omit<Reservation, 'n' | 'capNanoUsd'>): Promise<Reserved> {
    const reserved = this.#turn.then(() => this.#reserve(call));
    this.#turn = reserved.catch(() => {});
    return reserved;
  }

  /**
   * Replaces a reservation by what was used; returns the nano-dollars that the call counts for. Null, or counts that no
   * Settlement can hold: nobody knows, and the reservation stays spent.
   */
  async settle(reservation: Reservation, used: PaidCall['used']): Promise<number> {
    try {
      return await this.#settle(reservation, used);
    } finally {
      // Not before: whoever is refused meanwhile is to know that something may be given back.
      this.#underWay.delete(reservation.n);
    }
  }

  async #settle(reservation: Reservation, used: PaidCall['used']): Promise<number> {
    const { n, purpose, experiment, model } = reservation;
    const settlement = settlementSchema.safeParse({ n, purpose, experiment, model, ...used });
    this.#paid({ purpose, model, used: settlement.success ? used : null });
    if (!settlement.success) return reservation.nanoUsd;
    await this.#store.putIfAbsent(keys.settled(this.#lane, n), encode(settlement.data));
    this.#settled(settlement.data);
    return settlement.data.nanoUsd;
  }

  /** Writes down why an answer, or parts of it, could not be used. */
  refused({ n, model, atMs }: Reservation, ideas: readonly RefusedIdea[], answer: string): Promise<void> {
    return storeRefused(this.#store, this.#lane, { n, model, atMs, ideas: [...ideas], answer });
  }

  async #reserve(call: Omit<Reservation, 'n' | 'capNanoUsd'>): Promise<Reserved> {
    await this.#open();
    for (;;) {
      const caps = await this.#caps();
      const others = this.#underWay.size > 0;
      if ('sentence' in caps) return { kind: 'refused', ...caps, others, left: NOTHING };
      const refused = refuseCall(this.#spent, call, caps);
      if (refused) return { kind: 'refused', ...refused, others, left: leftOf(this.#spent, caps) };
      if (this.#next % SPAN === AFTER) await condense(this.#store, this.#lane);
      const reservation = { n: this.#next, ...call, capNanoUsd: capOf(caps) };
      const ours = await this.#store.putIfAbsent(keys.spend(this.#lane, reservation.n), encode(reservation));
      if (!ours) {
        // Another controller took this number: what it may spend counts before we ask again.
        this.#take(await spendAt(this.#store, this.#lane, reservation.n));
        continue;
      }
      this.#underWay.add(reservation.n);
      this.#take(reservation);
      return { kind: 'reserved', reservation };
    }
  }

  get #spent(): Spent {
    return { nanoUsd: this.#nanoUsd, tokens: this.#tokens };
  }

  #open(): Promise<void> {
    this.#read ??= this.#readAll().catch((error) => {
      this.#read = null;
      throw error;
    });
    return this.#read;
  }

  async #readAll(): Promise<void> {
    [this.#next, this.#nanoUsd, this.#tokens] = [1, 0, 0];
    this.#unsettled.clear();
    for (const spend of await condense(this.#store, this.#lane)) this.#take(spend);
  }

  #take(spend: Spend): void {
    this.#next = Math.max(this.#next, spend.n + 1);
    this.#nanoUsd += spend.nanoUsd;
    this.#tokens += isSettled(spend) ? tokensOf(spend.usage) : spend.tokens;
    if (!isSettled(spend)) this.#unsettled.set(spend.n, spend);
  }

  #settled({ n, nanoUsd, usage }: Settlement): void {
    const reservation = this.#unsettled.get(n);
    if (!reservation) return;
    this.#unsettled.delete(n);
    this.#nanoUsd += nanoUsd - reservation.nanoUsd;
    this.#tokens += tokensOf(usage) - reservation.tokens;
  }
}

/** What a call that was turned away used. */
export const nothingUsed = { usage: noUsage, nanoUsd: 0 };
