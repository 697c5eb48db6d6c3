// Where results live: a folder of this machine, or S3.
import { DirectoryStore } from '../adapters/directory/store.ts';
import type { Bucket, Patience } from '../adapters/s3/bucket.ts';
import { locationOf } from '../adapters/s3/location.ts';
import { proxies } from '../environment.ts';
import { Failure } from '../failure.ts';
import { onDisk, overNetwork, type PublishPolicy } from '../loop/publishing.ts';
import type { Store } from '../ports.ts';
import type { StoreSettings } from '../settings/store.ts';
import type { Check } from '../std/check.ts';

/** Opens the store; `folder` is where it lies when it is none in S3. The SDK is loaded where it is needed. */
export async function openStore(settings: StoreSettings, folder: string): Promise<Store> {
  const bucket = await bucketOf(settings);
  if (!bucket) return new DirectoryStore(folder);
  const { S3Store } = await import('../adapters/s3/store.ts');
  return new S3Store(bucket, settings.singleWriter);
}

/** What the store can do, a line each; none for a folder. */
export async function examinedStore(settings: StoreSettings): Promise<Check[]> {
  if (proxies().fault !== null) return []; // the doctor's line about proxies says so
  const bucket = await bucketOf(settings, { tries: 2 });
  if (!bucket) return [];
  const { examineStore } = await import('../adapters/s3/doctor.ts');
  return examineStore(bucket, settings.singleWriter);
}

/** null: the store is a folder. */
async function bucketOf(settings: StoreSettings, patience: Partial<Patience> = {}): Promise<Bucket | null> {
  const location = locationOf(settings.url);
  if (!location) return null;
  const { env: proxyEnv, fault } = proxies();
  if (fault !== null) throw new Failure(3, fault);
  const { Bucket } = await import('../adapters/s3/bucket.ts');
  const { endpoint, region, pathStyle } = settings;
  const at = { location, endpoint: endpoint || null, region: region || null, pathStyle };
  return new Bucket({ ...at, proxyEnv, patience });
}

/** How a lane is published there. */
export function publishPolicyOf({ url }: StoreSettings): PublishPolicy {
  return url === '' ? onDisk : overNetwork;
}

/** Where the objects of a lane are, for people. */
export function storedAt({ url }: StoreSettings, folder: string, lane: string): string {
  return `${(url || folder).replace(/\/$/, '')}/${lane}`;
}
