// The spend record of a lane: what each call may cost, written before it, and what it did cost, written after.
import { z } from 'zod';
import { raising } from './caps.ts';
import { secondsSchema, usageSchema } from './money.ts';

/** `spend/<n>.json`, put if absent before a call: numbers are dense, so that whoever takes one has seen all before it. */
export const reservationSchema = z.strictObject({
  n: z.number().int().positive(),
  purpose: z.enum(['propose', 'fix']),
  /** The experiment that a fix was asked for; null where the idea has no id yet. */
  experiment: z.string().nullable(),
  model: z.string(),
  /** The most that the call can cost, and use. */
  nanoUsd: z.number().int().nonnegative(),
  tokens: z.number().int().nonnegative(),
  /** The cap in force. */
  capNanoUsd: z.number().int().nonnegative(),
  atMs: z.number().int(),
});
export type Reservation = Readonly<z.infer<typeof reservationSchema>>;

/** `spend/<n>-settled.json`, put if absent once the usage of the call is known; without it the reservation stays spent. */
export const settlementSchema = z.strictObject({
  n: z.number().int().positive(),
  purpose: reservationSchema.shape.purpose,
  experiment: reservationSchema.shape.experiment,
  model: z.string(),
  nanoUsd: z.number().int().nonnegative(),
  usage: usageSchema,
  seconds: secondsSchema,
  /** How the call ended, a word: answered, or what went wrong. */
  outcome: z.string().max(64),
});
export type Settlement = Readonly<z.infer<typeof settlementSchema>>;

/** A call in the record: what it did cost; what it may yet turn out to have cost, where nobody knows. */
export type Spend = Settlement | Reservation;

export function isSettled(spend: Spend): spend is Settlement {
  return 'usage' in spend;
}

/** What a call came to, for those who watch; null where nobody knows, and all that was reserved stays spent. */
export interface PaidCall {
  readonly purpose: Reservation['purpose'];
  readonly model: string;
  readonly used: Pick<Settlement, 'usage' | 'nanoUsd' | 'seconds' | 'outcome'> | null;
}

/** Caps that are never passed (I8); null means no cap. */
export interface SpendCaps {
  /** The lane's own. */
  readonly nanoUsd: number;
  readonly tokens: number | null;
  /** A person's, while the lane runs: it may be another one in a moment. */
  readonly controlNanoUsd?: number | null;
}

/** The tighter cap of dollars, in nano-dollars. */
export function capOf({ nanoUsd, controlNanoUsd }: SpendCaps): number {
  return Math.min(nanoUsd, controlNanoUsd ?? Number.POSITIVE_INFINITY);
}

/** Why a call must not be made. `passing`: a person's hand forbids it, or may, and may allow it in a moment. */
export interface Refused {
  readonly sentence: string;
  readonly passing: boolean;
}

/** What is spent or may yet turn out to be. */
export interface Spent {
  readonly nanoUsd: number;
  readonly tokens: number;
}

/** Why another call must not be made, or null where it may. Ends with what to do. */
export function refuseCall(spent: Spent, most: Spent, caps: SpendCaps): Refused | null {
  const nanoUsd = spent.nanoUsd + most.nanoUsd;
  const over = (cap: number) => {
    const [at, used, next] = [cap, spent.nanoUsd, most.nanoUsd].map((nano) => (nano / 1e9).toFixed(2));
    return `${used} of at most ${at} USD are spent, and another call may cost ${next}`;
  };
  if (nanoUsd > caps.nanoUsd)
    return { sentence: `${over(caps.nanoUsd)}; ${raising('usd', null, null)}`, passing: false };
  if (caps.tokens !== null && spent.tokens + most.tokens > caps.tokens) {
    const sentence = `${spent.tokens} of at most ${caps.tokens} tokens are used, and another call may use ${most.tokens}; raise proposer.maxTokens to go on`;
    return { sentence, passing: false };
  }
  const cap = capOf(caps);
  if (nanoUsd > cap) return { sentence: `${over(cap)}; ${raising('usd', null, cap)}`, passing: true };
  return null;
}
