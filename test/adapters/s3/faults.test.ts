// The S3 store where its server fails, lies or says no.
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Bucket } from '../../../controller/adapters/s3/bucket.ts';
import { examineStore } from '../../../controller/adapters/s3/doctor.ts';
import { UnusableStore } from '../../../controller/adapters/s3/errors.ts';
import { conditionalWrites } from '../../../controller/adapters/s3/probe.ts';
import { S3Store } from '../../../controller/adapters/s3/store.ts';
import { storeConforms } from '../../contract/store.ts';
import { credentials } from '../../s3/gateway.ts';
import { type Conditions, type Fault, openStub, type Stub } from '../../s3/stub.ts';

const location = { bucket: 'bucket', prefix: 'p/' };
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (got: Uint8Array | null) => got && new TextDecoder().decode(got);

function bucketOf({ endpoint }: Stub, tries = 4, timeoutMs = 20_000): Bucket {
  const patience = { tries, firstWaitMs: 1, longestWaitMs: 2, timeoutMs };
  return new Bucket({ location, endpoint, region: null, pathStyle: null, patience });
}

for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
const stubs: Stub[] = [];
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all(stubs.map((stub) => stub.close()));
});
async function begin(conditions?: Conditions): Promise<Stub> {
  const stub = await openStub(conditions);
  stubs.push(stub);
  return stub;
}

storeConforms('S3 that lists in pages of three', async () => {
  const stub = await begin();
  return { open: () => new S3Store(bucketOf(stub)), close: async () => {} };
});

storeConforms('S3 that fails two calls of three', async () => {
  const stub = await begin();
  const faults: Fault[] = [
    { kind: 'status', status: 503, code: 'SlowDown' },
    { kind: 'reset', when: 'before' },
    { kind: 'status', status: 409, code: 'ConditionalRequestConflict' },
    { kind: 'reset', when: 'after' },
    { kind: 'half', admitted: false },
    { kind: 'status', status: 500, code: 'InternalError' },
  ];
  // Dice that fall the same way each time.
  let dice = 1;
  stub.always(() => {
    dice = (dice * 48_271) % 2_147_483_647;
    return dice % 3 === 0 ? null : faults[dice % faults.length]!;
  });
  return { open: () => new S3Store(bucketOf(stub, 60)), close: async () => {} };
});

describe('one call that', () => {
  let stub: Stub;
  let bucket: Bucket;
  beforeEach(async () => {
    stub = await begin();
    bucket = bucketOf(stub);
  });

  const passing: [string, Fault][] = [
    ['is told to slow down', { kind: 'status', status: 503, code: 'SlowDown' }],
    ['meets a conflict', { kind: 'status', status: 409, code: 'ConditionalRequestConflict' }],
    ['meets a broken gateway', { kind: 'status', status: 502, code: 'BadGateway' }],
    ['is told to ask less often', { kind: 'status', status: 429, code: 'TooManyRequests' }],
    ['is cut off before it is done', { kind: 'reset', when: 'before' }],
    ['is cut off when it is done', { kind: 'reset', when: 'after' }],
  ];
  test.each(passing)('%s is made again, and who wrote is known', async (_, fault) => {
    stub.fail(fault);
    expect(await bucket.create('a', bytes('mine'))).toBe(true);
    expect(text(await bucket.get('a'))).toBe('mine');
    stub.fail(fault);
    expect(await bucket.create('a', bytes('theirs'))).toBe(false);
    stub.fail(fault);
    expect(text(await bucket.get('a'))).toBe('mine');
    stub.fail(fault);
    await bucket.put('a', bytes('later'));
    stub.fail(fault);
    expect(await bucket.list('')).toEqual(['a']);
    stub.fail(fault);
    expect(await bucket.has('a')).toBe(true);
    expect(stub.asked.length).toBeGreaterThanOrEqual(12);
  });

  test('never gets an answer is given up and made again, whether it took effect or not', async () => {
    for (const when of ['before', 'after'] as const) {
      // Its haste may give up an answer that is only slow as well: then it asks once more.
      const hasty = bucketOf(stub, 60, 300);
      stub.fail({ kind: 'silence', when });
      expect(await hasty.create(when, bytes(when))).toBe(true);
      stub.fail({ kind: 'silence', when });
      expect(text(await hasty.get(when))).toBe(when);
    }
  });

  test('brings half a body and then nothing is given up and made again', async () => {
    await bucket.put('a', bytes('0123456789'));
    stub.fail({ kind: 'stall' });
    expect(text(await bucketOf(stub, 60, 300).get('a'))).toBe('0123456789');
  });

  test.each([
    ['cut off', false],
    ['passed off as the whole', true],
  ])('brings half a body, %s, is made again', async (_, admitted) => {
    await bucket.put('a', bytes('0123456789'));
    stub.fail({ kind: 'half', admitted });
    expect(text(await bucket.get('a'))).toBe('0123456789');
  });

  test('is told that something is there where nothing is, is made again', async () => {
    stub.fail({ kind: 'status', status: 412, code: 'PreconditionFailed' });
    expect(await bucket.create('a', bytes('x'))).toBe(true);
    expect(stub.asked.map((line) => line.split(' ')[0])).toEqual(['PUT', 'HEAD', 'PUT']);
  });

  test('always fails throws, after so many tries, with what to do', async () => {
    stub.always(() => ({ kind: 'status', status: 503, code: 'SlowDown' }));
    const error = await bucket.get('a').catch((e) => e);
    expect(error).toBeInstanceOf(UnusableStore);
    expect(error.message).toBe(
      'reading s3://bucket/p/a: the store does not answer as it should (SlowDown): it is tried again until it does',
    );
    expect(stub.asked).toHaveLength(4);
  });

  test.each([
    [403, 'AccessDenied', /allow s3:GetObject, s3:PutObject and s3:ListBucket there$/],
    [403, 'SignatureDoesNotMatch', /the secret key is wrong: give the one/],
    [404, 'NoSuchBucket', /create it, or correct the name in the store URL$/],
    [507, 'InsufficientStorage', /the store is full: free some space there$/],
    [301, 'PermanentRedirect', /in another region: give that region/],
    [400, 'SomethingElse', /the store says "SomethingElse": fix that, then start again$/],
  ])('is refused with %i %s throws at once, with what to do', async (status, code, sentence) => {
    for (const call of [() => bucket.put('a', bytes('x')), () => bucket.get('a'), () => bucket.list('')]) {
      stub.asked.length = 0;
      stub.fail({ kind: 'status', status, code });
      await expect(call()).rejects.toThrow(sentence);
      expect(stub.asked).toHaveLength(1);
    }
  });

  test('finds nobody at the endpoint throws with what to do', async () => {
    await stub.close();
    stubs.splice(stubs.indexOf(stub), 1);
    await expect(bucket.get('a')).rejects.toThrow(/nothing listens at the endpoint: correct its address/);
  });

  test('has no secret in its error', async () => {
    stub.always(() => ({ kind: 'status', status: 403, code: 'SignatureDoesNotMatch' }));
    const error = await bucket.get('a').catch((e) => e);
    expect(`${error.stack}`).not.toContain(credentials.AWS_SECRET_ACCESS_KEY);
  });
});

describe('a store that', () => {
  test.each(['honoured', 'ignored', 'refused'] as const)(
    'has conditional writes %s is known for it, and no scratch object stays',
    async (conditions) => {
      const stub = await begin(conditions);
      expect(await conditionalWrites(bucketOf(stub))).toBe(conditions);
      expect([...stub.objects.keys()]).toEqual([]);
    },
  );

  test.each([
    ['ignored', /takes If-None-Match and ignores it: two controllers.*--single-writer/],
    ['refused', /refuses If-None-Match: two controllers.*--single-writer/],
  ] as const)(
    'has them %s is refused before anything is written, unless a person vouches',
    async (conditions, why) => {
      const stub = await begin(conditions);
      const store = new S3Store(bucketOf(stub));
      for (let i = 0; i < 2; i++) await expect(store.putIfAbsent('l/a', bytes('x'))).rejects.toThrow(why);
      expect([...stub.objects.keys()]).toEqual([]);
      const alone = new S3Store(bucketOf(stub), true);
      expect(await alone.putIfAbsent('l/a', bytes('x'))).toBe(true);
      expect(await alone.putIfAbsent('l/a', bytes('y'))).toBe(false);
      expect(text(await alone.get('l/a'))).toBe('x');
    },
  );

  test('is examined by the doctor, who says what it lacks and leaves nothing', async () => {
    const told = async (stub: Stub, singleWriter = false) =>
      (await examineStore(bucketOf(stub, 1), singleWriter)).map(({ check, result, fix }) => [
        check.replace('store: ', ''),
        result,
        fix,
      ]);
    const well = (name: string) => [name, 'ok', ''];
    const stub = await begin();
    const all = ['write', 'read', 'list', 'conditional writes', 'clock', 'delete'];
    expect(await told(stub)).toEqual(all.map(well));
    expect(stub.objects.size).toBe(0);
    const ignoring = await begin('ignored');
    const fails = expect.stringMatching(/honours If-None-Match, or --single-writer/);
    expect((await told(ignoring))[3]).toEqual(['conditional writes', 'fail', fails]);
    const vouched = 'never let a second controller write there';
    expect((await told(ignoring, true))[3]).toEqual(['conditional writes', 'warn', vouched]);
    stub.always(({ method }) =>
      method === 'DELETE' ? { kind: 'status', status: 403, code: 'AccessDenied' } : null,
    );
    const kept = expect.stringMatching(/^only this check needs it/);
    expect((await told(stub))[5]).toEqual(['delete', 'warn', kept]);
    stub.always(() => ({ kind: 'status', status: 403, code: 'AccessDenied' }));
    expect(await told(stub)).toEqual([['write', 'fail', expect.stringMatching(/allow s3:GetObject/)]]);
    stub.always(({ method }) => (method === 'GET' ? { kind: 'half', admitted: true } : null));
    expect((await told(stub))[1]).toEqual([
      'read',
      'fail',
      expect.stringMatching(/does not answer as it should/),
    ]);
  });

  test('was away when it was tried out is tried out again', async () => {
    const stub = await begin();
    const store = new S3Store(bucketOf(stub));
    stub.always(() => ({ kind: 'reset', when: 'before' }));
    await expect(store.putIfAbsent('l/a', bytes('x'))).rejects.toThrow(UnusableStore);
    stub.always(null);
    expect(await store.putIfAbsent('l/a', bytes('x'))).toBe(true);
  });

  test('does not let its scratch objects be deleted is used all the same, and shows none', async () => {
    const stub = await begin();
    stub.always(({ method }) =>
      method === 'DELETE' ? { kind: 'status', status: 403, code: 'AccessDenied' } : null,
    );
    const store = new S3Store(bucketOf(stub));
    expect(await store.putIfAbsent('l/a', bytes('x'))).toBe(true);
    expect(await store.list('')).toEqual(['l/']);
    expect(stub.objects.size).toBe(2);
  });
});
