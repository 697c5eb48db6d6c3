// frontier: schema and flags.

import { z } from 'zod';
import { urlOf } from '../adapters/git/remote.ts';

/** The same keys in the controller's file and, but for the credentials, in the chart's values. */
export const frontierShape = z.strictObject({
  url: z
    .string()
    .default('')
    .superRefine((text, context) => {
      const url = text === '' ? null : urlOf(text);
      if (typeof url === 'string') context.addIssue({ code: 'custom', message: url });
    })
    .describe('https://…, ssh://… or a path of a bare repository; empty: one beside the lanes.'),
  credentials: z
    .string()
    .default('')
    .describe('Folder with username and password, or ssh-privatekey and known_hosts; perhaps ca.crt.'),
});

export type FrontierSettings = Readonly<z.infer<typeof frontierShape>>;

/** In a file the URL alone will do. */
export const frontierSchema = z
  .union([z.string().transform((url) => ({ url })), z.looseObject({})])
  .pipe(frontierShape);

/** What the command line says of a frontier. */
export interface FrontierFlags {
  readonly frontier?: string;
  readonly frontierCredentials?: string;
}

/** The settings that were given; the others are left to a file and to the defaults. */
export function frontierFlags(flags: FrontierFlags): Partial<FrontierSettings> {
  const given = Object.entries({ url: flags.frontier, credentials: flags.frontierCredentials });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
