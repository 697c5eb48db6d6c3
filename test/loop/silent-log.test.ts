// A log that a machine does not give holds up its own run, and no others of the lane.
import { expect, test } from 'vitest';
import type { Run } from '../../controller/ports.ts';
import { laneOf, quick } from '../memory/lane.ts';

const SILENT = '000001';
const limits = { ...quick.limits, experiments: 5 };

/** A lane of width 2, in which the log of one run comes after so long, or fails so. */
function withSilence(silentMs: number, fails: Error | null = null) {
  const asked: string[] = [];
  const lane = laneOf({
    rules: { width: 2, limits },
    parts: ({ executor }, time) => ({
      executor: {
        list: (name) => executor.list(name),
        launch: (intent, avoid) => executor.launch(intent, avoid),
        remove: (run, end) => executor.remove(run, end),
        async log(run: Run, tailBytes, signal) {
          asked.push(run.experiment);
          if (run.experiment === SILENT) await time.clock.sleep(silentMs, signal!);
          if (run.experiment === SILENT && fails && asked.filter((id) => id === SILENT).length === 1)
            throw fails;
          return executor.log(run, tailBytes);
        },
      },
    }),
  });
  return { lane, asked };
}

const decidedIn = (lane: ReturnType<typeof laneOf>) =>
  lane.happened.flatMap((what) => (what.kind === 'decided' ? [what.decision.experiment] : []));

test('a run whose log comes after minutes is decided then; the rest of the lane goes on meanwhile', async () => {
  const { lane, asked } = withSilence(120_000);
  expect((await lane.run()).reason).toBe('limit');
  // The last one that the cap allows waits for all.
  expect(decidedIn(lane)).toEqual(['000000', '000002', '000003', '000004', SILENT, '000005']);
  expect(asked.filter((id) => id === SILENT)).toHaveLength(1);
  expect(lane.troubles()).toEqual([]);
});

test('a log that cannot be asked for is a trouble of the lane, and is asked for again', async () => {
  const { lane, asked } = withSilence(3000, new Error('the API server does not answer'));
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.troubles()).toEqual(['the API server does not answer; looking again in 1 s']);
  expect(asked.filter((id) => id === SILENT)).toHaveLength(2);
  expect(decidedIn(lane)).toHaveLength(6);
});
