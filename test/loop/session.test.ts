// One controller's sessions on parts in memory, where time passes while it sleeps.
import { expect, test } from 'vitest';
import type { Frontier } from '../../controller/ports.ts';
import { laneOf, quick } from '../memory/lane.ts';

test.each([0, 1])(
  'a train.py with a byte order mark is kept as it is, with %i confirmations',
  async (confirm) => {
    const trainPy = '\ufeffprint(1)\n';
    const lane = laneOf({ trainPy, rules: { confirm } });
    expect((await lane.run()).reason).toBe('limit');
    expect(lane.troubles()).toEqual([]);
    const { kept } = await lane.real.view();
    expect(kept).toHaveLength(4);
    expect(kept[0]!.trainPy).toBe(trainPy);
  },
);

test('what was measured of such a file is found again after a trouble between its result and its verdict', async () => {
  let broken = false;
  const lane = laneOf({
    trainPy: '\ufeffprint(1)\n',
    parts: ({ frontier: real }) => ({
      frontier: {
        view: () => real.view(),
        claim: () => real.claim(),
        sha: (...draft) => real.sha(...draft),
        async keep(...kept) {
          if (broken) return real.keep(...kept);
          broken = true;
          throw new Error('the connection broke');
        },
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.troubles()).toHaveLength(1);
});

test.each([1, 2, 5])(
  'a lane that another took over while the remote was away stays the other’s, after %i looks in vain',
  async (looks) => {
    let away = 0;
    let other: Awaited<ReturnType<Frontier['claim']>> | undefined;
    const lane = laneOf({
      parts: ({ frontier: real }) => ({
        frontier: {
          claim: () => real.claim(),
          keep: (...kept) => real.keep(...kept),
          sha: (...draft) => real.sha(...draft),
          async view() {
            const { kept } = await real.view();
            if (kept.length === 2 && !other) {
              other = await real.claim();
              away = looks;
            }
            if (away-- > 0) throw new Error('the remote does not answer');
            return real.view();
          },
        },
      }),
    });
    expect((await lane.run()).reason).toBe('fenced');
    expect(lane.troubles()).toHaveLength(looks);
    const { writer, kept } = await lane.real.view();
    expect([writer, kept.length]).toEqual([other!.writer, 2]);
  },
);

test('a lane that is known to have other conditions now stops before a run is spent, and says what to do', async () => {
  const limits = { ...quick.limits, experiments: 1 };
  const inputs = { trainPy: 'print(1)\n', prepare: '', program: async () => '', conditions: 'budget:1s' };
  const lane = laneOf({ rules: { limits }, parts: () => ({ inputs }) });
  expect((await lane.run()).reason).toBe('limit');
  limits.experiments = 3;
  inputs.conditions = 'budget:2s';
  const stop = await lane.run();
  expect(lane.measured).toHaveLength(2);
  expect(stop.reason).toBe('conditions');
  expect(stop.sentence).toMatch(
    /^lane main stops: budget was 1s, is 2s\. .* from its newest keep, 000001: autoresearch dev --lane NAME --from main/,
  );
  inputs.conditions = 'budget:1s';
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.measured).toHaveLength(4);
});
