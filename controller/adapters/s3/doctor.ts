// What a store can do, a line each with the fix: found out on one scratch object, which is deleted again.

import { randomUUID } from 'node:crypto';
import type { Check } from '../../std/check.ts';
import { utf8 } from '../../std/text.ts';
import type { Bucket } from './bucket.ts';
import { UnusableStore } from './errors.ts';
import { conditionalWrites, SCRATCH } from './probe.ts';

/** AWS refuses requests that are 15 minutes off; what is a third of that will be more. */
const SKEW_MS = 300_000;

/** Throws only what is no trouble of the store. */
export async function examineStore(bucket: Bucket, singleWriter: boolean): Promise<Check[]> {
  const name = SCRATCH + randomUUID();
  const bytes = utf8(name);
  const written = await looked('store: write', async () => {
    await bucket.put(name, bytes);
    return 'ok';
  });
  // Nothing else can be told of a store that cannot be written.
  if (written.result === 'fail') return [written];
  return [
    written,
    await looked('store: read', async () => {
      const there = await bucket.get(name);
      return there && Buffer.from(there).equals(bytes) ? 'ok' : wrong('other bytes than were written');
    }),
    await looked('store: list', async () =>
      (await bucket.list(SCRATCH)).includes(name.slice(SCRATCH.length))
        ? 'ok'
        : wrong('it does not show what was just written'),
    ),
    await looked('store: conditional writes', async () =>
      conditions(await conditionalWrites(bucket), singleWriter),
    ),
    await looked('store: clock', async () => {
      const skewMs = await bucket.skewMs(name);
      const found = `${(skewMs / 1000).toFixed(0)} s ahead of this machine`;
      const fix = "set this machine's clock: a store refuses what is 15 minutes off";
      return Math.abs(skewMs) < SKEW_MS ? { found } : { result: 'fail', found, fix };
    }),
    await looked('store: delete', async () => {
      await bucket.remove(name);
      return (await bucket.has(name)) ? wrong('it is still there') : 'ok';
    }).then((check) => (check.result === 'fail' ? { ...check, result: 'warn', fix: LEFT_BEHIND } : check)),
  ];
}

const LEFT_BEHIND =
  'only this check needs it: scratch objects stay under .probe/; allow s3:DeleteObject there';

type Found = 'ok' | { result?: Check['result']; found: string; fix?: string };

async function looked(check: string, look: () => Promise<Found>): Promise<Check> {
  try {
    const answer = await look();
    const { result = 'ok', found, fix = '' } = answer === 'ok' ? { found: 'ok' } : answer;
    return { check, result, found, fix };
  } catch (error) {
    if (!(error instanceof UnusableStore)) throw error;
    return { check, result: 'fail', found: error.code, fix: error.fix };
  }
}

function wrong(found: string): Found {
  return { result: 'fail', found, fix: 'use a store that returns at once what was written' };
}

function conditions(writes: Awaited<ReturnType<typeof conditionalWrites>>, singleWriter: boolean): Found {
  if (writes === 'honoured') return { found: 'honoured' };
  const found = writes === 'ignored' ? 'taken and ignored' : 'refused';
  if (singleWriter) return { result: 'warn', found, fix: 'never let a second controller write there' };
  const fix =
    'use a store that honours If-None-Match, or --single-writer where only one controller ever writes';
  return { result: 'fail', found, fix };
}
