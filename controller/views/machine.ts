// What the controller of a lane tells of its machines, to whoever runs them. It counts from when the controller began.
import { z } from 'zod';

const seconds = z.number();

export const machineViewSchema = z.strictObject({
  /** Who leads the lane, and since when. */
  holder: z.string(),
  beganMs: z.number(),
  pool: z.string(),
  /** Runs at a time. */
  width: z.number().int(),
  /** What to type to see more. */
  commands: z.array(z.string()),
  /** Seconds of the newest finished runs, oldest first; `waited` is null where it was not seen. */
  finished: z.array(
    z.strictObject({
      experiment: z.string(),
      waited: seconds.nullable(),
      prepared: seconds,
      trained: seconds,
      evaluated: seconds,
    }),
  ),
  /** Attempts that machines lost; a node is '' where nobody knows it. */
  losses: z.array(z.strictObject({ node: z.string(), cause: z.string(), count: z.number().int() })),
});
export type MachineView = Readonly<z.infer<typeof machineViewSchema>>;
