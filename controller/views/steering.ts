// What a person did to a lane: who, when, what. Commands and the page write it; it decides nothing.
import { z } from 'zod';

export const steeringSchema = z.strictObject({
  /** As far as it is known: an account and its machine, or what a proxy says. */
  who: z.string().max(200),
  atMs: z.number().int(),
  /** As a command: `limit --hours 3`. */
  what: z.string().max(5000),
});
export type Steering = Readonly<z.infer<typeof steeringSchema>>;

/** What may be asked for at once; what is left out stays as it is. */
export const controlChangeSchema = z.strictObject({
  paused: z.boolean().optional(),
  guidance: z.string().max(4000).optional(),
  /** Null removes a cap. */
  limits: z
    .strictObject({
      experiments: z.number().int().nonnegative().nullable().optional(),
      gpuHours: z.number().nonnegative().nullable().optional(),
      usd: z.number().nonnegative().nullable().optional(),
    })
    .optional(),
});
export type ControlChange = Readonly<z.infer<typeof controlChangeSchema>>;
