// Gains that were found side by side ride together. What becomes of them must not hang on where a controller ends.
import { expect, test } from 'vitest';
import { keys } from '../../controller/core/keys.ts';
import type { MemoryLane } from './memory.ts';
import { ended, killedAt, type Story, stories, sweepOf, valuesIn } from './trains.ts';

const NO_LIMITS = { experiments: null, gpuHours: null, usd: null };

/** `id: status reason, what` of every row. */
async function rowsOf(lane: MemoryLane): Promise<string[]> {
  const { decisions } = await lane.reread();
  return decisions.map((d) => `${Number(d.experiment)}: ${d.status} ${d.reason}, ${d.description}`);
}

test('gains found side by side ride together, a train that fails is halved, and the last one carries what is left', async () => {
  expect(await rowsOf(await ended(stories.meeting))).toEqual([
    '0: keep baseline, baseline',
    '1: keep better, A = 1',
    '2: discard stale, B = 1',
    '3: discard stale, C = 1',
    '4: discard stale, D = 1',
    '6: keep better, stack of 000002: B = 1',
    '9: discard worse, stack of 000003 and 1 more: C = 1, D = 1',
    '5: discard worse, E = 1',
    '10: keep better, stack of 000003: C = 1',
    '7: discard stale, F = 1',
    '8: discard stale, G = 1',
    '11: discard stale, stack of 000004: D = 1',
    '12: discard worse, H = 1',
    '13: keep better, stack of 000007: F = 1',
    '14: discard worse, stack of 000008 and 1 more: G = 1, D = 1',
  ]);
});

test('killed between the halves of a train, it runs the other half and neither of them twice', async () => {
  const undisturbed = await (await ended(stories.meeting)).remains();
  const firstHalf = `store.putIfAbsent ${keys.proposal('sweep', 10)}`;
  for (const side of ['before', 'after'] as const) {
    const lane = await ended(stories.meeting, killedAt(firstHalf, side));
    expect(await lane.remains()).toEqual(undisturbed);
    const { decisions } = await lane.reread();
    const carried = decisions
      .filter(({ source }) => source === 'stack')
      .map(({ stackOf }) => stackOf!.join(' '));
    expect(carried.slice(1, 4)).toEqual(['000003 000004', '000003', '000004']);
  }
});

test('a train that the frontier moved past rides in the next one as one gain', async () => {
  const lane = await ended(stories.overtaken);
  expect((await rowsOf(lane)).slice(6)).toEqual([
    '5: keep better, E = 1',
    '9: discard stale, stack of 000003 and 1 more: C = 1, D = 1',
    '7: discard worse, F = 1',
    '8: discard worse, G = 1',
    '10: keep better, stack of 000009 and 1 more: C = 1, D = 1, B = 1',
  ]);
  const tip = (await lane.reread()).kept.at(-1)!;
  expect(tip.decision.stackOf).toEqual(['000009', '000005']);
  expect(valuesIn(tip.trainPy)).toMatchObject({ A: 1, B: 1, C: 1, D: 1, E: 1 });
});

test('of a train that fails, a gain that was kept alone meanwhile is not measured again', async () => {
  const lane = await ended(stories.alone);
  const rows = await rowsOf(lane);
  expect(rows).toContain('9: discard worse, stack of 000003 and 1 more: C = 1, D = 1');
  const { decisions, owed } = await lane.reread();
  const later = decisions.filter(({ experiment, stackOf }) => stackOf && experiment > '000009');
  expect(later.map(({ stackOf }) => stackOf)).toEqual([['000004'], ['000005']]);
  expect(owed.due()).toEqual([['000003']]);
});

test('a gain that conflicts with the tip keeps nothing waiting, and rides once the tip lets it', async () => {
  expect(await rowsOf(await ended(stories.conflict))).toEqual([
    '0: keep baseline, baseline',
    '1: keep better, A = 1',
    '2: discard stale, A = 2',
    '3: keep better, B = 1',
    '4: keep better, A = 0: again',
    '5: discard worse, F = 1',
    '6: keep better, stack of 000002: A = 2',
  ]);
});

test('at a cap what rides is waited for, and the last experiment carries what is owed by then', async () => {
  const lane = await ended({
    ...stories.meeting,
    lane: { ...stories.meeting.lane, limits: { ...NO_LIMITS, experiments: 10 } },
  });
  const { decisions } = await lane.reread();
  const last = decisions.at(-1)!;
  expect([last.experiment, last.source]).toEqual(['000010', 'stack']);
  // What failed together is not tried before what was in no train yet.
  expect(last.stackOf).toEqual(['000008', '000007']);
  expect((await lane.remains()).undecided).toEqual([]);
});

test('with evidence what gains boards, a train breaks into halves, one of them is stale, and the last one carries what is aboard', async () => {
  const lane = await ended(stories.evidence);
  expect(await rowsOf(lane)).toEqual([
    '0: keep baseline, baseline',
    '1: discard aboard, A = 1',
    '2: discard aboard, B = 1',
    '3: discard aboard, C = 1',
    '4: discard worse, D = 1',
    '6: discard chance, E = 1',
    '5: keep better, stack of 000001: A = 1',
    '7: discard worse, F = 1',
    '8: discard aboard, G = 1',
    '9: discard chance, H = 1',
    '10: crash name, stack of 000002 and 1 more: B = 1, C = 1',
    '11: keep better, stack of 000002: B = 1',
    '12: discard stale, stack of 000003: C = 1',
    '13: crash name, stack of 000012 and 1 more: C = 1, G = 1',
  ]);
  const { decisions, kept } = await lane.reread();
  expect(decisions.map(({ measured = [] }) => measured.length)).toEqual([
    7, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0,
  ]);
  expect(kept.map(({ decision: d }) => (d.measured![0]! + d.measured![1]!) / 2 - d.valBpb!)).toEqual([
    expect.closeTo(0, 5),
    expect.closeTo(0, 5),
    expect.closeTo(0, 5),
  ]);
});

const runsOfA = [1, 2, 3].flatMap((n) =>
  ['train.py', 'result.json'].map((file) => keys.attempt('sweep', '000005', n, file as 'train.py')),
);
test.each(runsOfA)(
  'killed around %s of a train that runs side by side, it ends as if it never was',
  async (key) => {
    const undisturbed = await (await ended(stories.evidence)).remains();
    for (const side of ['before', 'after'] as const) {
      const lane = await ended(stories.evidence, killedAt(`store.putIfAbsent ${key}`, side));
      expect(await lane.remains()).toEqual(undisturbed);
    }
  },
);

test.each(Object.keys(stories) as Story[])(
  'killed at calls all over %s, it ends as if it never was',
  {
    timeout: 900_000,
  },
  async (name) => {
    // Both sides of calls, in turn.
    console.log(`crash sweep of trains in memory: ${await sweepOf(stories[name], 12)} points of ${name}`);
  },
);
