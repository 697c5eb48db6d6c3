// Two controllers that want the same lane: one works, the other waits and says for whom.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../controller/adapters/clock.ts';
import { Api } from '../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../controller/adapters/kubernetes/client/credentials.ts';
import { keepLease } from '../../controller/adapters/kubernetes/lease.ts';
import { needsCluster, theCluster } from './fixture.ts';

const found = await theCluster();
const namespace = `lease-${process.pid}`;
const over = new AbortController();
let credentials: Credentials;

beforeAll(async () => {
  if ('missing' in found) return;
  credentials = new Credentials({ context: found.context });
  await found.kubectl(['create', 'namespace', namespace]);
});

afterAll(async () => {
  over.abort();
  if ('missing' in found) return;
  await credentials.close();
  await found.kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

describe('the Lease of a lane', () => {
  beforeEach(needsCluster(found));

  it('is waited for while another holds it, taken when given back, and kept over a restart', async () => {
    const release = await hold('first');
    await (await hold('first'))(); // the same place again: nothing to wait for
    await release(); // who goes on renewing would take it back before the second one looks again
    const again = await hold('first');
    const waiting = Promise.withResolvers<string>();
    const second = hold('second', waiting.resolve);
    expect(await waiting.promise).toBe(
      'lane main is led by first: waiting until it ends; end that one, or this one',
    );
    await again();
    await (await second)();
  });

  it('hinders no other lane', async () => {
    await (await hold('second', unexpected, 'other'))();
  });
});

function hold(holder: string, waits: (sentence: string) => void = unexpected, lane = 'main') {
  const api = new Api({ credentials, clock: systemClock, random: Math.random });
  return keepLease({ api, namespace, holder, anchor: null }, lane, over.signal, waits);
}

function unexpected(sentence: string): void {
  throw new Error(sentence);
}
