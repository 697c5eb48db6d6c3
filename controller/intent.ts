// intent.json: all that a run is started with, as it goes to the supervisor in Python and is read back.
// Its shape is written here alone: harness/intent.schema.json is made from it, and harness/seal/intent.py checks the same.
import { hash } from 'node:crypto';
import { z } from 'zod';
import type { BudgetClock, Clocks } from './core/experiment.ts';
import type { Intent, Run } from './ports.ts';

/** A clock of 115 days is a slip of a unit. */
const seconds = z.number().gt(0).lt(1e7);

export const intentFileSchema = z.object({
  schema: z.literal(1),
  lane: z.string(),
  experiment: z.string().regex(/^[0-9]{6,}$/),
  attempt: z.number().int().positive(),
  /** Earlier controllers left it out on a laptop. */
  parent: z.string().nullable().default(null),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  /** `intentSha256` of all this and of train.py. */
  intent: z.string().regex(/^[0-9a-f]{64}$/),
  seed: z.number().int(),
  clocks: z.object({ budgetSeconds: seconds, startSeconds: seconds, wallSeconds: seconds }),
  requireSealed: z.boolean(),
  /** Where it is missing nothing more is asked. */
  unseen: z.object({ part: z.number().int().nonnegative(), beats: z.number().nullable() }).optional(),
  clock: z.enum(['cpu', 'wall', 'virtual'] satisfies BudgetClock[]),
});
export type IntentFile = Readonly<z.infer<typeof intentFileSchema>>;

export function intentFile(intent: Intent, nonce: string, clock: BudgetClock): IntentFile {
  const { lane, experiment, attempt, parent, seed, clocks, requireSealed } = intent;
  const name = { lane, experiment, attempt, parent, nonce, intent: intentSha256(intent) };
  return { schema: 1, ...name, seed, clocks, requireSealed, clock, unseen: intent.unseen };
}

/** Null where the text is cut short, edited, or not an intent at all: the caller says whose it is. */
export function parseIntentFile(text: string): IntentFile | null {
  try {
    return intentFileSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export function sha256Hex(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/** Names an intent, so that a repeated launch is recognised. An upgrade of a template in between changes nothing. */
export function intentSha256(intent: Intent): string {
  const { lane, experiment, attempt, parent, trainPy, seed, clocks, requireSealed } = intent;
  const { budgetSeconds, startSeconds, wallSeconds } = clocks;
  const parts = [lane, experiment, attempt, parent, sha256Hex(trainPy), seed];
  return sha256Hex(JSON.stringify([...parts, budgetSeconds, startSeconds, wallSeconds, requireSealed]));
}

/** A run with the clocks in its intent, where they can be read. */
export interface FoundRun extends Run {
  readonly clocks?: Clocks;
}

/** Whether it is the run of this intent. Another wall is no other run: what it measures is the same. */
export function isRunOf(
  { intent: its, clocks }: Pick<FoundRun, 'intent' | 'clocks'>,
  intent: Intent,
): boolean {
  if (its === intentSha256(intent)) return true;
  if (clocks?.budgetSeconds !== intent.clocks.budgetSeconds) return false;
  return its === intentSha256({ ...intent, clocks });
}

/**
 * How large a train.py may be, in bytes of UTF-8: the same for a person and for a model. It is many times what a trainer
 * needs. A model reads the whole file in each request; a Job carries it packed, and has a limit of its own.
 */
export const TRAIN_PY_BYTES = 200 * 1024;

/** Why a train.py of so many bytes is refused; null where it is not. */
export function tooLarge(bytes: number): string | null {
  if (bytes <= TRAIN_PY_BYTES) return null;
  return `train.py may have at most ${TRAIN_PY_BYTES} bytes, and this one has ${bytes}; make it smaller`;
}
