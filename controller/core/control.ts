// control.json: the human's hand on a running lane, the same on a laptop and on a cluster.
import { z } from 'zod';

/** Limits as they are written down. */
export const limitsSchema = z.strictObject({
  experiments: z.number().int().nonnegative().nullable().default(null),
  gpuHours: z.number().nonnegative().nullable().default(null),
  usd: z.number().nonnegative().nullable().default(null),
});

export const controlSchema = z.strictObject({
  paused: z.boolean().default(false),
  /** Text that a person wants the proposer to read, at most 4,000 characters. */
  guidance: z.string().max(4000).default(''),
  limits: limitsSchema.prefault({}),
});
export type Control = Readonly<z.infer<typeof controlSchema>>;

export const noControl: Control = controlSchema.parse({});
