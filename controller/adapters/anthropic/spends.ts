// The spend record as a lane's store has it.
import { keys } from '../../core/keys.ts';
import { type Reservation, reservationSchema, type Settlement, settlementSchema } from '../../core/spend.ts';
import type { Store } from '../../ports.ts';

const AT_ONCE = 64;

/** One call: what it might have cost, and what it did; null where that is not known (yet). */
export interface Spend {
  readonly reservation: Reservation;
  readonly settlement: Settlement | null;
}

/** All calls of a lane, oldest first. Throws where a reservation cannot be understood. */
export async function spendsOf(store: Store, lane: string): Promise<Spend[]> {
  const names = await store.list(keys.spends(lane));
  const numbers = names.filter((name) => /^\d+\.json$/.test(name)).map((name) => Number.parseInt(name, 10));
  numbers.sort((a, b) => a - b);
  const spends: Spend[] = [];
  for (let i = 0; i < numbers.length; i += AT_ONCE)
    spends.push(...(await Promise.all(numbers.slice(i, i + AT_ONCE).map((n) => spendAt(store, lane, n)))));
  return spends;
}

/** Call number `n`, which must be there. */
export async function spendAt(store: Store, lane: string, n: number): Promise<Spend> {
  const reserved = await store.get(keys.spend(lane, n));
  if (!reserved) throw new Error(`${keys.spend(lane, n)} is gone; restore it from a copy of the store`);
  const settled = await store.get(keys.settled(lane, n));
  return {
    reservation: reservationSchema.parse(jsonOf(reserved)),
    settlement: settled && settlementIn(settled, n),
  };
}

/** One that cannot be understood is none: then all that was reserved stays spent, and the lane goes on. */
function settlementIn(bytes: Uint8Array, n: number): Settlement | null {
  try {
    const settlement = settlementSchema.parse(jsonOf(bytes));
    return settlement.n === n ? settlement : null;
  } catch {
    return null;
  }
}

/** Nano-dollars that a call cost, or may yet turn out to have cost. */
export function nanoUsdOf({ reservation, settlement }: Spend): number {
  return (settlement ?? reservation).nanoUsd;
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
