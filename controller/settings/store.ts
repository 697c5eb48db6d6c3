// store: schema and flags.

import { z } from 'zod';
import { S3_URL } from '../adapters/s3/location.ts';

/** The same keys in the controller's file and in the chart's values. */
export const storeShape = z.strictObject({
  url: z
    .union([z.literal(''), z.string().regex(S3_URL, 'a store is s3://BUCKET or s3://BUCKET/PREFIX')])
    .default('')
    .describe('s3://BUCKET/PREFIX; empty: a folder beside the lanes.'),
  endpoint: z
    .union([z.literal(''), z.url({ protocol: /^https?$/, error: 'an endpoint is http://… or https://…' })])
    .default('')
    .describe('Of a store other than AWS, http://… or https://….'),
  region: z.string().default('').describe("Of the bucket; empty takes the environment's."),
  pathStyle: z
    .boolean()
    .nullable()
    .default(null)
    .describe('The bucket in the path; null: where there is an endpoint.'),
  singleWriter: z
    .boolean()
    .default(false)
    .describe('Use a store without conditional writes: no second controller may ever write there.'),
});

export type StoreSettings = Readonly<z.infer<typeof storeShape>>;

/** In a file the URL alone will do. */
export const storeSchema = z
  .union([z.string().transform((url) => ({ url })), z.looseObject({})])
  .pipe(storeShape);

/** What the command line says of a store. */
export interface StoreFlags {
  readonly store?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly singleWriter?: boolean;
}

/** The settings that were given; the others are left to a file and to the defaults. */
export function storeFlags({ store, endpoint, region, singleWriter }: StoreFlags): Partial<StoreSettings> {
  const given = Object.entries({ url: store, endpoint, region, singleWriter });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}
