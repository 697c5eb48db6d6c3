// The spend record of a lane: what each call may cost, written before it, and what it did cost, written after.
import { z } from 'zod';
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
