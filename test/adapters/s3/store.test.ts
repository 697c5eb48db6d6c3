import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bucket } from '../../../controller/adapters/s3/bucket.ts';
import { locationOf } from '../../../controller/adapters/s3/location.ts';
import { S3Store } from '../../../controller/adapters/s3/store.ts';
import { storeConforms } from '../../contract/store.ts';
import { type Gateway, openGateway } from '../../s3/gateway.ts';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await openGateway();
}, 1_800_000);
afterAll(() => gateway?.close());

const open = (url: string, endpoint = gateway.endpoint) =>
  new Bucket({ location: locationOf(url)!, endpoint, region: null, pathStyle: null });

for (const prefix of ['', '/lab/main'])
  storeConforms(`versitygw${prefix}`, async () => {
    const url = `s3://${gateway.bucket()}${prefix}`;
    return { open: () => new S3Store(open(url)), close: async () => {} };
  });

describe('a place in S3', () => {
  test.each([
    ['s3://bucket', 'bucket', ''],
    ['s3://my.bucket-1/', 'my.bucket-1', ''],
    ['s3://bucket/a', 'bucket', 'a/'],
    ['s3://bucket/a/b_c.d/', 'bucket', 'a/b_c.d/'],
  ])('%s', (url, bucket, prefix) => {
    expect(locationOf(url)).toEqual({ bucket, prefix });
  });
  test.each([
    '',
    's3://',
    's3:/b/x',
    's3://B/x',
    's3://b',
    's3://bucket//x',
    's3://bucket/ü',
    'http://bucket',
  ])('%j is none', (url) => {
    expect(locationOf(url)).toBeNull();
  });
});
