// The machine's clock is a day ahead, and is set right while the loop waits for something.
import { expect, test } from 'vitest';
import type { LaneContext } from '../../controller/loop/context.ts';
import { laneOf } from './lane.ts';

const DAY_MS = 86_400_000;

/** What the loop then waits after, once: `begins` says whether this is the time. */
const waits: [string, (usual: LaneContext, begins: () => boolean) => Partial<LaneContext>][] = [
  [
    'a launch that was held',
    ({ executor }, begins) => ({
      executor: {
        ...executor,
        launch: async (intent) =>
          intent.experiment === '000002' && begins()
            ? { kind: 'held', sentence: 'too many processes' }
            : executor.launch(intent),
      },
    }),
  ],
  [
    'a request that failed',
    ({ proposer }, begins) => ({
      proposer: {
        ...proposer,
        propose: async (brief, ...rest) => {
          if (brief.next === 2 && begins()) throw new Error('fetch failed');
          return proposer.propose(brief, ...rest);
        },
      },
    }),
  ],
  [
    'an answer that says when to ask again',
    ({ proposer }, begins) => ({
      proposer: {
        ...proposer,
        propose: async (brief, ...rest) =>
          brief.next === 2 && begins()
            ? { kind: 'none', sentence: 'overloaded', retry: true, afterMs: 30_000 }
            : proposer.propose(brief, ...rest),
      },
    }),
  ],
];

test.each(waits)('after %s it goes on in minutes, not in a day', async (_, parts) => {
  let aheadMs = DAY_MS;
  let begun = false;
  const lane = laneOf({
    parts: (usual, time) => {
      const begins = () => {
        if (begun) return false;
        begun = true;
        time.after(1000, () => {
          aheadMs = 0;
        });
        return true;
      };
      const clock = { now: () => time.nowMs + aheadMs, sleep: time.driver.sleep };
      return { clock, ...parts(usual, begins) };
    },
  });
  const beganMs = lane.time.nowMs;
  expect((await lane.run()).reason).toBe('limit');
  expect([begun, aheadMs]).toEqual([true, 0]);
  expect(lane.time.nowMs - beganMs).toBeLessThan(300_000);
});

test('results.tsv that was written a moment before the step is written again in minutes', async () => {
  let aheadMs = DAY_MS;
  const publishedMs: number[] = [];
  const lane = laneOf({
    rules: { limits: { experiments: 100, gpuHours: null, usd: null } },
    parts: (_, time) => ({
      clock: { now: () => time.nowMs + aheadMs, sleep: time.driver.sleep },
      publish: async () => {
        publishedMs.push(time.nowMs);
        if (publishedMs.length === 3)
          time.after(1000, () => {
            aheadMs = 0;
          });
        return 20_000;
      },
    }),
  });
  await lane.run();
  expect(aheadMs).toBe(0);
  const gaps = publishedMs.slice(1).map((ms, i) => ms - publishedMs[i]!);
  expect(Math.max(...gaps)).toBeLessThan(60_000);
});
