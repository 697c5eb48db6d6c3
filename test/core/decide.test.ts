import { describe, expect, it } from 'vitest';
import { nextAttempt } from '../../controller/core/attempt.ts';
import { decide } from '../../controller/core/decide.ts';
import type { Run } from '../../controller/core/run.ts';
import type { World } from '../../controller/core/world.ts';
import { freshSeed } from '../../controller/std/seed.ts';
import {
  attempts,
  crashed,
  finished,
  idea,
  inWords,
  lane,
  lost,
  openWith,
  run,
  standing,
  world,
} from './trials.ts';

type Also = Parameters<typeof world>[0];

interface Case {
  readonly name: string;
  readonly world: Also;
  readonly nowMs?: number;
  readonly does: readonly string[];
}

const [one, two, three] = ['000001', '000002', '000003'].map((id) => openWith(id));
const typo = crashed('syntax', true);
const train = {
  ...one!,
  unfixable: true,
  proposal: { ...one!.proposal, source: 'stack' as const, stackOf: ['000007'] },
};
const owed = ['000001'];
const limits = (experiments: number | null, gpuHours: number | null = null, usd: number | null = null) => ({
  lane: { limits: { experiments, gpuHours, usd } },
});
const before = { tip: null, nextId: 0, decided: 0, published: 0, settled: new Set<string>() };
const atWork = (id: string, also: Also = {}) => ({
  open: [openWith(id)],
  runs: [run(id, 1, 'running')],
  nextId: 2,
  ...also,
});
const tidying = {
  settled: new Set(['000000', '000001']),
  runs: [run('000001', 1, 'ended')],
  decided: 2,
  published: 1,
  nextId: 2,
};
const leaving = { ...run('000001', 1, 'ended').state, occupiesSlot: false } as Run['state'];
const holding = { ...run('000001', 1, 'ended').state, occupiesSlot: true } as Run['state'];
/** Its row is out; its run is not put away yet. */
const ended = (state: Run['state']) => ({
  ...tidying,
  runs: [{ ...run('000001', 1, 'ended'), state }],
  published: 2,
});
const endedAt = (id: string, atMs: number): Run => {
  const ending = { sealed: null, word: 'gone', sentence: '', atMs };
  return { ...run(id, 1, 'ended'), state: { kind: 'ended', ending } };
};
const won = openWith('000001', attempts(finished(0.9)));
const unconfirmed = { ...limits(null), lane: { confirm: 1 } };

const cases: readonly Case[] = [
  // From nothing to a baseline.
  { name: 'a new lane begins with the baseline', world: before, does: ['allocate baseline'] },
  {
    name: 'the baseline is launched',
    world: { ...before, nextId: 1, open: [openWith('000000')] },
    does: ['launch 000000/1 first'],
  },
  {
    name: 'nothing is asked while the baseline runs',
    world: { ...before, nextId: 1, open: [openWith('000000')], runs: [run('000000', 1, 'running')] },
    does: [],
  },
  {
    name: 'a proposal beside the baseline waits for it',
    world: {
      ...before,
      lane: { width: 4 },
      nextId: 2,
      open: [openWith('000000'), one!],
      runs: [run('000000', 1, 'running')],
    },
    does: [],
  },
  {
    name: 'a baseline that crashed is launched once more',
    world: { ...before, nextId: 1, open: [openWith('000000', attempts(crashed('oom')))] },
    does: ['launch 000000/2 first'],
  },
  {
    name: 'a baseline that failed stops the lane',
    world: { ...before, nextId: 1, baselineFailed: 'it failed' },
    does: ['stop baseline'],
  },
  {
    name: 'its row is published before the lane stops',
    world: { ...before, nextId: 1, decided: 1, baselineFailed: 'it failed' },
    does: ['publish'],
  },

  // One experiment's way.
  { name: 'an idle lane asks for an idea', world: {}, does: ['propose 1'] },
  { name: 'an idea gets its id', world: { queue: [idea()] }, does: ['allocate idea'] },
  { name: 'an experiment is launched', world: { open: [one!], nextId: 2 }, does: ['launch 000001/1 first'] },
  { name: 'a run that works is waited for', world: atWork('000001'), does: [] },
  {
    name: 'a run that is pending is waited for',
    world: atWork('000001', { runs: [run('000001', 1, 'pending')] }),
    does: [],
  },
  {
    name: 'a run that ended is collected',
    world: atWork('000001', { runs: [run('000001', 1, 'ended')] }),
    does: ['collect 000001/1'],
  },
  {
    name: 'a run that was deleted from outside is lost',
    world: { open: [one!], vanished: new Set(['000001/1']), nextId: 2 },
    does: ['lose 000001/1 deleted'],
  },
  {
    name: 'a run that is collected is not collected again',
    world: { open: [won], runs: [run('000001', 1, 'ended')], nextId: 2 },
    does: ['settle 000001 keep'],
  },
  {
    name: 'a lost attempt is launched again',
    world: { open: [openWith('000001', attempts(lost('gone')))], nextId: 2 },
    does: ['launch 000001/2 lost'],
  },
  {
    name: 'the run of a settled experiment is removed, and its row published',
    world: { ...tidying, asking: 1 },
    does: ['remove 000001/1', 'publish'],
  },
  {
    name: 'a run of a settled experiment that still works is ended',
    world: { ...tidying, runs: [run('000001', 2, 'running')], published: 2, asking: 1 },
    does: ['remove 000001/2'],
  },
  {
    name: 'a run whose place is not free yet is not forgotten, and its row is published',
    world: { ...tidying, runs: [{ ...run('000001', 1, 'ended'), state: holding }], asking: 1 },
    does: ['publish'],
  },
  {
    name: 'an experiment waits for that place',
    world: { ...ended(holding), open: [two!] },
    does: [],
  },
  {
    name: 'an experiment does not wait for it where there is another',
    world: { ...ended(holding), lane: { width: 2 }, open: [two!], asking: 1 },
    does: ['launch 000002/1 first'],
  },
  {
    name: 'nor where there is room beside it; but the run is let be until it is put away',
    world: { ...ended(leaving), open: [two!] },
    does: ['launch 000002/1 first'],
  },
  {
    name: 'a run that is being put away is not removed',
    world: { ...ended(leaving), ...limits(1) },
    does: [],
  },
  {
    name: 'a lane at its cap waits for it, too, for its run is to be put in order',
    world: { ...ended(holding), ...limits(1) },
    does: [],
  },
  {
    name: 'rows that were written a moment ago are let be',
    world: { decided: 2, published: 1, publishAfterMs: 5_000 },
    does: ['propose 1'],
  },
  {
    name: 'rows are let be no longer when their time has come',
    world: { decided: 2, published: 1, publishAfterMs: 5_000, asking: 1 },
    nowMs: 5_000,
    does: ['publish'],
  },
  {
    name: 'rows that are let be are written before the lane stops',
    world: { decided: 2, published: 1, publishAfterMs: 5_000, stopping: true },
    does: ['publish'],
  },
  {
    name: 'after a restart the rows are written anew',
    world: { published: -1, asking: 1 },
    does: ['publish'],
  },

  // Repairs.
  {
    name: 'a typo asks for its repair',
    world: { open: [openWith('000001', attempts(typo))], nextId: 2 },
    does: ['fix 000001'],
  },
  {
    name: 'a repair that is under way is waited for',
    world: { open: [openWith('000001', attempts(typo))], fixing: new Set(['000001']), nextId: 2 },
    does: [],
  },
  {
    name: 'a repair is launched',
    world: { open: [openWith('000001', attempts(typo), { repaired: 'y' })], nextId: 2 },
    does: ['launch 000001/2 fix'],
  },
  {
    name: 'a typo that cannot be repaired is settled',
    world: { open: [openWith('000001', attempts(typo), { unfixable: true })], nextId: 2 },
    does: ['settle 000001 crash'],
  },
  {
    name: 'while one is repaired the slot stays taken',
    world: {
      open: [openWith('000001', attempts(typo))],
      fixing: new Set(['000001']),
      queue: [idea()],
      nextId: 2,
    },
    does: [],
  },

  // Confirmations.
  {
    name: 'a gain is measured again',
    world: { ...unconfirmed, open: [won], nextId: 2 },
    does: ['launch 000001/2 confirm'],
  },
  {
    name: 'a gain that the tip has passed waits for the run that confirms it',
    world: {
      ...unconfirmed,
      tip: standing(0.5),
      open: [won],
      runs: [run('000001', 1, 'ended'), run('000001', 2, 'running')],
      nextId: 2,
    },
    does: [],
  },
  {
    name: 'and that run is collected before it is judged',
    world: {
      ...unconfirmed,
      tip: standing(0.5),
      open: [won],
      runs: [run('000001', 2, 'ended')],
      nextId: 2,
    },
    does: ['collect 000001/2'],
  },

  // Order and width.
  {
    name: 'what ended before is collected before anything is settled',
    world: {
      lane: { width: 3 },
      open: [won, two!, three!],
      runs: [run('000002', 1, 'ended'), run('000003', 1, 'ended')],
      nextId: 4,
    },
    does: ['collect 000002/1', 'collect 000003/1'],
  },
  {
    name: 'what ended first waits a while for later ends',
    nowMs: 5999,
    world: { lane: { width: 3 }, open: [won, two!], runs: [endedAt('000002', 1001)], nextId: 3 },
    does: ['collect 000002/1'],
  },
  {
    name: 'what ended first is settled then, while later ends are collected',
    nowMs: 6000,
    world: {
      lane: { width: 3 },
      open: [won, two!, three!],
      runs: [endedAt('000002', 1001), endedAt('000003', 1002)],
      nextId: 4,
    },
    does: ['collect 000002/1', 'collect 000003/1', 'settle 000001 keep'],
  },
  {
    name: 'what ended by a clock that is ahead of ours waits no longer',
    nowMs: 999,
    world: { lane: { width: 3 }, open: [won, two!], runs: [endedAt('000002', 1001)], nextId: 3 },
    does: ['collect 000002/1', 'settle 000001 keep'],
  },
  {
    name: 'a verdict waits for an end of the same moment',
    nowMs: 6000,
    world: { lane: { width: 2 }, open: [won, two!], runs: [endedAt('000002', 1000)], nextId: 3 },
    does: ['collect 000002/1'],
  },
  {
    name: 'of two verdicts the one whose run ended first comes first, and alone',
    world: {
      lane: { width: 2 },
      open: [
        openWith('000001', attempts(finished(0.9, {}, { endedMs: 9 }))),
        openWith('000002', attempts(finished(0.8, {}, { endedMs: 8 }))),
      ],
      nextId: 3,
    },
    does: ['settle 000002 keep'],
  },
  {
    name: 'as many run as the lane is wide, oldest first',
    world: { lane: { width: 2 }, open: [one!, two!, three!], nextId: 4 },
    does: ['launch 000001/1 first', 'launch 000002/1 first'],
  },
  {
    name: 'a slot that is free is filled',
    world: { lane: { width: 2 }, open: [one!, two!], runs: [run('000001', 1, 'running')], nextId: 3 },
    does: ['launch 000002/1 first'],
  },
  { name: 'a full lane asks for nothing', world: atWork('000001', { queue: [] }), does: [] },
  {
    name: 'a full lane asks ahead where it may',
    world: { ...atWork('000001'), lane: { ahead: 2 } },
    does: ['propose 2'],
  },
  {
    name: 'what is held ready counts',
    world: { ...atWork('000001'), lane: { ahead: 2 }, queue: [idea()] },
    does: ['propose 1'],
  },
  {
    name: 'what no cap lets begin any more is not asked for',
    world: {
      ...atWork('000001'),
      lane: { ahead: 5, limits: { experiments: 3, gpuHours: null, usd: null } },
      queue: [idea()],
    },
    does: ['propose 1'],
  },
  {
    name: 'while the last experiment runs nothing is asked for',
    world: { ...atWork('000003', { nextId: 4 }), lane: { ahead: 5, limits: limits(3).lane.limits } },
    does: [],
  },
  {
    name: 'without ideas ahead it asks for one at a time',
    world: { lane: { width: 8 } },
    does: ['propose 1'],
  },
  {
    name: 'with ideas ahead it asks for all at once',
    world: { lane: { width: 8, ahead: 1 } },
    does: ['propose 9'],
  },
  {
    name: 'a free slot has its idea asked for before anything is tidied up',
    world: tidying,
    does: ['propose 1'],
  },
  {
    name: 'an answer that may come at once is waited for',
    world: { ...tidying, asking: 1, tidyAfterMs: 1001 },
    does: [],
  },
  {
    name: 'one that takes its time is not',
    world: { ...tidying, asking: 1, tidyAfterMs: 1000 },
    does: ['remove 000001/1', 'publish'],
  },
  {
    name: 'an answer that no slot is free for is not waited for',
    world: {
      ...tidying,
      ...atWork('000002'),
      runs: [...tidying.runs, run('000002', 1, 'running')],
      asking: 1,
      tidyAfterMs: 1001,
    },
    does: ['remove 000001/1', 'publish'],
  },
  {
    name: 'nobody stops on an answer that may come at once before the views are in order',
    world: { ...tidying, asking: 1, tidyAfterMs: 1001, stopping: true },
    does: ['remove 000001/1', 'publish'],
  },
  { name: 'one request at a time', world: { lane: { width: 2 }, asking: 1, askable: 0 }, does: [] },
  {
    name: 'one request at a time, also ahead',
    world: { lane: { width: 2, ahead: 3 }, asking: 1, askable: 0 },
    does: [],
  },
  {
    name: 'or several, where that is allowed, and what is asked for counts',
    world: { lane: { width: 2, ahead: 3 }, asking: 2, askable: 9 },
    does: ['propose 3'],
  },
  {
    name: 'never more at a time than is allowed',
    world: { lane: { width: 9, ahead: 3 }, asking: 2, askable: 4 },
    does: ['propose 4'],
  },
  { name: 'it asks no sooner than it may', world: { askAfterMs: 500 }, nowMs: 499, does: [] },
  { name: 'and then it asks', world: { askAfterMs: 500 }, nowMs: 500, does: ['propose 1'] },
  {
    name: 'where nothing could be started it waits',
    world: { open: [one!], launchAfterMs: 500, nextId: 2 },
    nowMs: 499,
    does: [],
  },

  // Owed gains.
  {
    name: 'an owed gain comes before ideas',
    world: { stacks: [owed], queue: [idea()] },
    does: ['stack 000001'],
  },
  {
    name: 'what is aboard waits for more gains, and ideas go on',
    world: { lane: { evidence: 2 }, boarding: owed, queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'the last experiment that a cap allows carries what is aboard',
    world: {
      lane: { evidence: 2, limits: { experiments: 3, gpuHours: null, usd: null } },
      boarding: owed,
      queue: [idea()],
      nextId: 3,
    },
    does: ['stack 000001'],
  },
  {
    name: 'and so does the last one that the hours allow, with a run for each seed',
    world: {
      lane: { evidence: 2, limits: { experiments: null, gpuHours: (310 + 5 * 600) / 3600, usd: null } },
      boarding: owed,
      queue: [idea()],
    },
    does: ['stack 000001'],
  },
  {
    name: 'it departs where no more ideas come',
    world: {
      lane: { evidence: 2 },
      boarding: owed,
      exhausted: { reason: 'exhausted', sentence: 'that was all' },
    },
    does: ['stack 000001'],
  },
  {
    name: 'but waits for what may yet board',
    world: {
      ...atWork('000002'),
      lane: { evidence: 2, width: 2 },
      boarding: owed,
      exhausted: { reason: 'exhausted', sentence: 'that was all' },
    },
    does: [],
  },
  {
    name: 'a train runs on all its seeds, as far as there are slots',
    world: { lane: { evidence: 2, width: 2 }, open: [train], nextId: 2, queue: [idea()] },
    does: ['launch 000001/1 first', 'launch 000001/2 decide'],
  },
  {
    name: 'and has the next slot that is free',
    world: {
      lane: { evidence: 2, width: 3 },
      open: [train],
      runs: [run('000001', 1, 'running'), run('000001', 2, 'running')],
      nextId: 2,
      queue: [idea()],
    },
    does: ['launch 000001/3 decide'],
  },
  {
    name: 'of its runs the first is told first, whichever has ended',
    world: {
      lane: { evidence: 2, width: 3 },
      open: [train],
      runs: [run('000001', 1, 'running'), run('000001', 2, 'ended'), run('000001', 3, 'running')],
      nextId: 2,
    },
    does: [],
  },
  { name: 'an owed gain waits for a free slot', world: atWork('000002', { stacks: [owed] }), does: [] },
  {
    name: 'owed gains ride together, those first that come first',
    world: { stacks: [['000001', '000003'], ['000004']], lane: { width: 2 } },
    does: ['stack 000001 000003'],
  },
  {
    name: 'an owed gain rides before a proposer without ideas ends the lane',
    world: { stacks: [owed], exhausted: { reason: 'exhausted', sentence: 'that was all' } },
    does: ['stack 000001'],
  },
  {
    name: 'an exhausted proposer is not asked again',
    world: {
      ...atWork('000002', { stacks: [owed] }),
      exhausted: { reason: 'exhausted', sentence: 'that was all' },
      lane: { ahead: 2 },
    },
    does: [],
  },
];

describe('decide', () => {
  it.each(cases)('$name', ({ world: also, nowMs = 1000, does }) => {
    expect(decide(world(also), nowMs).map(inWords)).toEqual(does);
  });
});

describe('the next attempt', () => {
  const open = (...outcomes: Parameters<typeof attempts>) =>
    openWith('000004', attempts(...outcomes), { current: 'now' });
  const next = (...outcomes: Parameters<typeof attempts>) => nextAttempt(open(...outcomes), lane);

  it('carries the proposal and the seed of the lane at first', () => {
    expect(next()).toEqual({ n: 1, cause: 'first', trainPy: 'now', seed: 7 });
  });

  it('repeats what was lost, with its seed', () => {
    const confirmation = { ...attempts(finished(1), lost('gone'))[1]!, seed: 99 };
    const again = openWith('000004', [...attempts(finished(1)), confirmation], { current: 'now' });
    expect(nextAttempt(again, lane)).toEqual({ n: 3, cause: 'lost', trainPy: 'now', seed: 99 });
  });

  it('carries the repaired file, and refuses one that it does not know', () => {
    const repaired = openWith('000004', attempts(typo), { repaired: 'mended' });
    expect(nextAttempt(repaired, lane)).toEqual({ n: 2, cause: 'fix', trainPy: 'mended', seed: 7 });
    expect(() => next(typo)).toThrow('the repair of 000004 is not known here');
  });

  it('confirms on fresh seeds, which a loss in between does not change', () => {
    const [second, third] = [freshSeed(7, '000004', 2), freshSeed(7, '000004', 3)];
    expect(next(finished(1))).toEqual({ n: 2, cause: 'confirm', trainPy: 'now', seed: second });
    expect(next(lost('gone'), finished(1))).toMatchObject({ n: 3, seed: second });
    expect(next(finished(1), finished(1))).toMatchObject({ n: 3, seed: third });
    expect(new Set([7, second, third]).size).toBe(3);
  });

  it('is the same whatever has become of the frontier', () => {
    const moved: World[] = [world({ tip: standing(0.1) }), world({ tip: standing(9) })];
    const said = moved.map(({ lane }) => nextAttempt(open(finished(0.9)), { ...lane, confirm: 1 }));
    expect(said[0]).toEqual(said[1]);
  });
});
