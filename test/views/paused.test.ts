// What `status` and the page say of a lane that a person paused: who must do what next depends on who leads it.
import { expect, test } from 'vitest';
import { LaneFacts } from '../../controller/cli/read/lane-facts.ts';
import { summaryOf } from '../../controller/cli/read/overview.ts';
import { readLane } from '../../controller/wiring/lane-reader.ts';
import { autoresearch } from '../cli/command.ts';
import { storedLane } from '../cli/stored.ts';

const RESUME = /^a person paused it; \S*autoresearch resume goes on$/;

test.each([
  ['running', 'waits for an idea', /^waits for an idea$/],
  ['in trouble', 'the store cannot be written', /^the store cannot be written$/],
  ['starting', '', RESUME],
  ['stopped', 'a cap is reached', RESUME],
  ['no controller on this machine; see --context', '', RESUME],
  [
    'not running',
    'dev goes on',
    /resume goes on; no controller runs, so start one with \S*autoresearch dev, too$/,
  ],
])('where its controller is %s and says "%s"', async (state, why, told) => {
  await using lane = await storedLane();
  await lane.run(1);
  expect((await autoresearch('pause', '--dir', lane.dir)).code).toBe(0);
  const reader = await readLane({ dir: lane.dir }, 'main');
  const now = { state, why, running: [], since: {}, waiting: [], limits: null, machine: null };
  const summary = await summaryOf(reader, new LaneFacts(reader), '0.0.0', now);
  expect([summary.state, summary.why]).toEqual(['paused', expect.stringMatching(told)]);
});
