// What a store really does, found out on scratch objects: stores that take a header and ignore it answer 200 as well.

import { randomUUID } from 'node:crypto';
import { utf8 } from '../../std/text.ts';
import type { Bucket } from './bucket.ts';
import { UnusableStore } from './errors.ts';

/** Scratch objects lie under a name that no key can have. */
export const SCRATCH = '.probe/';

type ConditionalWrites = 'honoured' | 'ignored' | 'refused';

const REFUSALS = new Set(['NotImplemented', 'InvalidArgument', 'InvalidRequest']);

/** What `If-None-Match: *` does here. Throws UnusableStore where the store cannot be written at all. */
export async function conditionalWrites(bucket: Bucket): Promise<ConditionalWrites> {
  const key = SCRATCH + randomUUID();
  try {
    await bucket.create(key, utf8('first'));
  } catch (error) {
    if (error instanceof UnusableStore && REFUSALS.has(error.code)) return 'refused';
    throw error;
  }
  const twice = await bucket.create(key, utf8('second'));
  // Who may not delete leaves a few bytes behind; nothing reads them.
  await bucket.remove(key).catch(() => 'it stays');
  return twice ? 'ignored' : 'honoured';
}
