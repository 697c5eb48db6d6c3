// The spend record as a lane's store has it.
import { checkpointOf, linesOf, settlementsIn } from '../core/checkpoint.ts';
import { keys } from '../core/keys.ts';
import {
  isSettled,
  type Reservation,
  reservationSchema,
  type Settlement,
  type Spend,
  settlementSchema,
} from '../core/spend.ts';
import type { Store } from '../ports.ts';
import { decode } from '../std/json.ts';
import { text, utf8 } from '../std/text.ts';

const AT_ONCE = 64;

/** A call was made, and nobody can tell what was set aside for it. */
export class UnknownSpend extends Error {}

/** All calls of a lane, oldest first. Throws UnknownSpend for a damaged one, unless `damaged` is told; it is left out then. */
export async function spendsOf(
  store: Store,
  lane: string,
  damaged?: (sentence: string) => void,
): Promise<Spend[]> {
  return (await read(store, lane, damaged)).spends;
}

/** The same, and lays the settlements of each whole thousand of calls together where nobody did yet. */
export async function condense(store: Store, lane: string): Promise<Spend[]> {
  const { spends, uncopied } = await read(store, lane);
  for (const n of uncopied) {
    const settlements = spends.filter(isSettled).filter((settlement) => checkpointOf(settlement.n) === n);
    await store.putIfAbsent(keys.spendCheckpoint(lane, n), utf8(linesOf(settlements)));
  }
  return spends;
}

/** Call number `n`, which must be there; `settled`: whether there may be a settlement of it. */
export async function spendAt(store: Store, lane: string, n: number, settled = true): Promise<Spend> {
  const bytes = settled ? await store.get(keys.settled(lane, n)) : null;
  return (bytes && settlementIn(bytes, n)) ?? reservationAt(store, lane, n);
}

/** Throws UnknownSpend where it is not there, or cannot be understood. */
export async function reservationAt(store: Store, lane: string, n: number): Promise<Reservation> {
  const key = keys.spend(lane, n);
  const bytes = await store.get(key);
  const ways = `restore it from a copy, or remove it and lower the cap in USD by what the call may have cost`;
  if (!bytes) throw new UnknownSpend(`${key} in the store is gone; ${ways}`);
  try {
    return reservationSchema.parse(decode(bytes));
  } catch (cause) {
    throw new UnknownSpend(`${key} in the store cannot be read; ${ways}`, { cause });
  }
}

/** `uncopied`: checkpoints whose calls were all made, and that nobody wrote. */
async function read(
  store: Store,
  lane: string,
  damaged?: (sentence: string) => void,
): Promise<{ spends: Spend[]; uncopied: number[] }> {
  const names = new Set(await store.list(keys.spends(lane)));
  const numbers = [...names]
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => Number.parseInt(name, 10));
  numbers.sort((a, b) => a - b);
  const whole = checkpointOf((numbers.at(-1) ?? 0) + 1);
  const checkpoints = await Promise.all(
    Array.from({ length: whole }, (_, n) => store.get(keys.spendCheckpoint(lane, n))),
  );
  const copies = new Map<number, Settlement>();
  for (const [n, bytes] of checkpoints.entries())
    for (const copy of (bytes && settlementsIn(text(bytes), n)) ?? []) copies.set(copy.n, copy);
  const one = async (n: number): Promise<Spend[]> => {
    const settled = names.has(`${n}-settled.json`);
    try {
      return [(settled && copies.get(n)) || (await spendAt(store, lane, n, settled))];
    } catch (error) {
      if (!(damaged && error instanceof UnknownSpend)) throw error;
      damaged(error.message);
      return [];
    }
  };
  const spends: Spend[] = [];
  for (let i = 0; i < numbers.length; i += AT_ONCE)
    spends.push(...(await Promise.all(numbers.slice(i, i + AT_ONCE).map(one))).flat());
  return { spends, uncopied: [...checkpoints.keys()].filter((n) => checkpoints[n] === null) };
}

/** One that cannot be understood is none: then all that was reserved stays spent, and the lane goes on. */
function settlementIn(bytes: Uint8Array, n: number): Settlement | null {
  try {
    const settlement = settlementSchema.parse(decode(bytes));
    return settlement.n === n ? settlement : null;
  } catch {
    return null;
  }
}
