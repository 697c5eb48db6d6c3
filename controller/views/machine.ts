// What the controller of a lane tells of its machines, to whoever runs them. It counts from when the controller began.
import { z } from 'zod';

const seconds = z.number().nonnegative();

export const machineViewSchema = z.object({
  /** Who leads the lane: a Pod and its folder, or a process of a machine. */
  holder: z.string(),
  beganMs: z.number(),
  pool: z.string(),
  /** Runs at a time that the lane may have. */
  width: z.number().int(),
  /** What to type to see more; none on a laptop. */
  commands: z.array(z.string()),
  /**
   * Of the newest finished runs, oldest first, in seconds: until the run began (null where that was not seen), the part of it
   * until it had a node (null where there is none), from its beginning to its training, training on the clock of the budget,
   * evaluation by the wall.
   */
  finished: z.array(
    z.object({
      experiment: z.string(),
      waited: seconds.nullable(),
      placed: seconds.nullable().default(null),
      prepared: seconds,
      trained: seconds,
      evaluated: seconds,
    }),
  ),
  /** Attempts that machines lost, the most frequent first; a node is '' where nobody knows it. */
  losses: z.array(z.object({ node: z.string(), cause: z.string(), count: z.number().int() })),
});
export type MachineView = Readonly<z.infer<typeof machineViewSchema>>;
