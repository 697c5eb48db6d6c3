// A wide lane on a store and a remote that are far away: in virtual time, so what it waits for is what it asks in turn.
import { expect, test } from 'vitest';
import { shareOfWanted } from '../bench/turn/far-lane.ts';

test('a lane of 500 keeps its slots busy though S3 takes 40 ms and a look at the remote 300', async () => {
  const { taken } = await shareOfWanted({ storeMs: 40, frontierMs: 300, clusterMs: 20 }, 500, 330);
  expect(taken).toBeGreaterThan(0.95);
}, 600_000);
