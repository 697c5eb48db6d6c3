// One attempt of an experiment as `show` tells it.
import { z } from 'zod';
import { causes } from '../core/experiment.ts';
import { outcomeSchema } from '../core/outcome.ts';
import type { AttemptResult } from '../core/verdict.ts';

export const attemptSchema = z.strictObject({
  attempt: z.number().int().positive(),
  /** Why it was made. */
  cause: z.enum(causes),
  seed: z.number().int(),
  /** How it ended: `lost` blames the machine, `crashed` the file. */
  ended: outcomeSchema.shape.kind,
  /** A word and its sentence; '' where it finished. */
  reason: z.string(),
  sentence: z.string(),
  /** Bits per byte; null where it measured none. */
  valBpb: z.number().nullable(),
});
export type AttemptView = Readonly<z.infer<typeof attemptSchema>>;

export function attemptView({ n, cause, seed, outcome }: AttemptResult): AttemptView {
  const { kind, reason, sentence, sealed } = outcome;
  const valBpb = kind === 'finished' ? (sealed?.val_bpb ?? null) : null;
  return { attempt: n, cause, seed, ended: kind, reason, sentence, valBpb };
}

/** Its number and seed, or what ended it. */
export function attemptWords({ seed, ended, reason, sentence, valBpb }: AttemptView): string {
  if (valBpb !== null) return `${valBpb.toFixed(6)} on seed ${seed}`;
  return [ended, reason, sentence].filter(Boolean).join(': ');
}
