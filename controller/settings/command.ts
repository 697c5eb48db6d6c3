// A person's own command as proposer: schema.
import { z } from 'zod';

export const commandSchema = z.strictObject({
  kind: z.literal('command').describe('Your own command, such as a coding agent or a script.'),
  command: z
    .string()
    .min(1)
    .describe('What a shell runs for each call; docs/proposers.md says what it gets.'),
  usdPerCall: z
    .number()
    .nonnegative()
    .default(0)
    .describe('Dollars that one call may cost: so much is reserved, and no more is counted.'),
  maxUsd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Dollars that a lane may spend on proposals in all; required where a call costs something.'),
  ideasPerCall: z
    .number()
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe('Ideas that one call is asked for at most.'),
  parallel: z.number().int().min(1).max(64).default(1).describe('Calls at a time.'),
  deadlineSeconds: z
    .number()
    .positive()
    .default(900)
    .describe('The longest that one call may take; then it is killed.'),
  env: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/, 'name variables of the environment'))
    .default([])
    .describe("Variables of the controller's environment that it gets, such as the key of its own model."),
  fallback: z
    .enum(['builtin', 'none'])
    .default('none')
    .describe('Who has the ideas while the command has none, or may spend no more.'),
});

export type CommandSetting = z.infer<typeof commandSchema>;
