// A replay as it is stored: `replays/<n>.json`, put if absent. It decides nothing, and is no evidence about an idea.
import { z } from 'zod';
import { idSchema } from './experiment.ts';

export type Side = 'baseline' | 'tip';

const commitSchema = z.strictObject({ experiment: idSchema, commit: z.string().regex(/^[0-9a-f]{40}$/) });

export const replaySchema = z.strictObject({
  baseline: commitSchema,
  tip: commitSchema,
  /** The gain by the rows, bits per byte. */
  claimed: z.number(),
  /** Whether on another validation text than that of the rows. */
  unseen: z.boolean(),
  measured: z.array(
    z.strictObject({
      side: z.enum(['baseline', 'tip']),
      seed: z.number().int(),
      /** Null where it gave no number: `why` says so then. */
      valBpb: z.number().nullable(),
      why: z.string().max(600),
      /** As `conditionsOf` writes them; '' without a number. */
      conditions: z.string(),
    }),
  ),
  startedMs: z.number().int(),
  endedMs: z.number().int(),
});
export type Replay = Readonly<z.infer<typeof replaySchema>>;
