// Where results live: a folder of this machine, or S3.
import { z } from 'zod';
import { DirectoryStore } from '../adapters/directory/store.ts';
import type { Bucket, Patience } from '../adapters/s3/bucket.ts';
import { placeOf, S3_URL } from '../adapters/s3/place.ts';
import type { Check } from '../core/check.ts';
import type { Store } from '../ports.ts';
import { longRest, noRest, type Rest } from './views.ts';

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

/** Opens the store; `folder` is where it lies when it is none in S3. The SDK is loaded where it is needed. */
export async function openStore(settings: StoreSettings, folder: string): Promise<Store> {
  const bucket = await bucketOf(settings);
  if (!bucket) return new DirectoryStore(folder);
  const { S3Store } = await import('../adapters/s3/store.ts');
  return new S3Store(bucket, settings.singleWriter);
}

/** What the store can do, a line each; none for a folder. */
export async function examinedStore(settings: StoreSettings): Promise<Check[]> {
  const bucket = await bucketOf(settings, { tries: 2 });
  if (!bucket) return [];
  const { examineStore } = await import('../adapters/s3/doctor.ts');
  return examineStore(bucket, settings.singleWriter);
}

/** null: the store is a folder. */
async function bucketOf(settings: StoreSettings, patience: Partial<Patience> = {}): Promise<Bucket | null> {
  const place = placeOf(settings.url);
  if (!place) return null;
  const { Bucket } = await import('../adapters/s3/bucket.ts');
  const { endpoint, region, pathStyle } = settings;
  const at = { place, endpoint: endpoint || null, region: region || null, pathStyle };
  return new Bucket({ ...at, proxyEnv: process.env, patience });
}

/** How often views may be written there. */
export function restOf({ url }: StoreSettings): Rest {
  return url === '' ? noRest : longRest;
}

/** Where the objects of a lane are, for people. */
export function storedAt({ url }: StoreSettings, folder: string, lane: string): string {
  return `${(url || folder).replace(/\/$/, '')}/${lane}`;
}
