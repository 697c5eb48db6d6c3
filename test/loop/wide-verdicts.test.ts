// In a wide lane some run always ends: its verdicts come all the same.
import { expect, test } from 'vitest';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import type { Run } from '../../controller/ports.ts';
import { laneOf, quick } from '../memory/lane.ts';

const WIDTH = 64;
const LOG_MS = 900;

test('a verdict comes soon after its run has ended, though others end in every turn', async () => {
  let latestMs = 0;
  const lane = laneOf({
    rules: { width: WIDTH, ahead: WIDTH, limits: { ...quick.limits, experiments: 500 } },
    durationMs: (experiment) => 10_000 + ((Number(experiment) * 7919) % 60_000),
    parts: ({ executor, observer }, { clock }) => ({
      executor: {
        list: (name) => executor.list(name),
        launch: (intent, avoid) => executor.launch(intent, avoid),
        remove: (run, end) => executor.remove(run, end),
        async log(run: Run, tailBytes, signal) {
          await clock.sleep(LOG_MS, signal!);
          return executor.log(run, tailBytes);
        },
      },
      observer: {
        turn: (world) => observer.turn(world),
        happened(event: LaneEvent) {
          observer.happened(event);
          if (event.kind === 'decided')
            latestMs = Math.max(latestMs, clock.now() - event.decision.timestampMs);
        },
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(latestMs).toBeLessThan(10_000);
});
