import { describe, expect, it } from 'vitest';
import { caps, decide } from '../../controller/core/decide.ts';
import { attempts, crashed, finished, idea, inWords, lane, lost, openWith, run, world } from './trials.ts';

type Also = Parameters<typeof world>[0];

interface Case {
  readonly name: string;
  readonly world: Also;
  readonly nowMs?: number;
  readonly does: readonly string[];
}

const [one, two, three] = ['000001', '000002', '000003'].map((id) => openWith(id));
const typo = crashed('syntax', true);
const broken = openWith('000001', attempts(typo));
const owed = ['000001'];
const limits = (experiments: number | null, gpuHours: number | null = null, usd: number | null = null) => ({
  lane: { limits: { experiments, gpuHours, usd } },
});
const paused = { control: { paused: true, guidance: '', limits: limits(null).lane.limits } };
const byHand = (...caps: Parameters<typeof limits>) => ({
  control: { ...paused.control, paused: false, limits: limits(...caps).lane.limits },
});
const atWork = (id: string, also: Also = {}) => ({
  open: [openWith(id)],
  runs: [run(id, 1, 'running')],
  nextId: 2,
  ...also,
});
const lastOf = (...caps: Parameters<typeof limits>) => ({
  lane: { width: 2, limits: limits(...caps).lane.limits },
});
const won = openWith('000001', attempts(finished(0.9)));

const cases: readonly Case[] = [
  // Pauses.
  { name: 'a paused lane starts nothing', world: { ...paused, open: [one!], nextId: 2 }, does: [] },
  {
    name: 'a paused lane asks for nothing',
    world: { ...paused, queue: [idea()], stacks: [owed] },
    does: [],
  },
  {
    name: 'a paused lane collects',
    world: { ...atWork('000001', { runs: [run('000001', 1, 'ended')] }), ...paused },
    does: ['collect 000001/1'],
  },
  {
    name: 'a paused lane settles',
    world: { ...paused, open: [won], nextId: 2 },
    does: ['settle 000001 keep'],
  },
  {
    name: 'a paused lane has nothing repaired',
    world: { ...paused, open: [broken], nextId: 2 },
    does: [],
  },

  // Repairs that could never run: they cost money.
  {
    name: 'a repair for which the hours do not suffice is not asked for',
    world: { ...limits(null, 900 / 3600), open: [broken], nextId: 2 },
    does: ['stop limit'],
  },
  {
    name: 'one for which they just suffice is',
    world: { ...limits(null, 910 / 3600), open: [broken], nextId: 2 },
    does: ['fix 000001'],
  },
  {
    name: 'at the cap of experiments it is asked for, for its experiment has begun',
    world: { ...limits(1), open: [broken], nextId: 2 },
    does: ['fix 000001'],
  },
  {
    name: 'runs at work may take the hours that it needs',
    world: {
      lane: { width: 2, limits: limits(null, 1500 / 3600).lane.limits },
      open: [broken, two!],
      runs: [run('000002', 1, 'running')],
      nextId: 3,
    },
    does: [],
  },
  {
    name: 'and where they cannot it is asked for',
    world: {
      lane: { width: 2, limits: limits(null, 1510 / 3600).lane.limits },
      open: [broken, two!],
      runs: [run('000002', 1, 'running')],
      nextId: 3,
    },
    does: ['fix 000001'],
  },
  {
    name: 'of two repairs one is asked for where the hours suffice for one',
    world: {
      lane: { width: 2, limits: limits(null, 1500 / 3600).lane.limits },
      open: [broken, openWith('000002', attempts(typo))],
      nextId: 3,
    },
    does: ['fix 000001'],
  },
  {
    name: 'and the other is not while it is under way',
    world: {
      lane: { width: 2, limits: limits(null, 1500 / 3600).lane.limits },
      open: [broken, openWith('000002', attempts(typo))],
      fixing: new Set(['000001']),
      nextId: 3,
    },
    does: [],
  },
  {
    name: 'under other conditions nothing is repaired',
    world: { open: [broken], conditionsChanged: 'gpu was a, is b', nextId: 2 },
    does: ['stop conditions'],
  },
  {
    name: 'a repair under way is waited for when the hours are used up',
    world: { ...limits(null, 900 / 3600), open: [broken], fixing: new Set(['000001']), nextId: 2 },
    does: [],
  },
  {
    name: 'and under other conditions',
    world: {
      open: [broken],
      fixing: new Set(['000001']),
      conditionsChanged: 'gpu was a, is b',
      nextId: 2,
    },
    does: [],
  },
  {
    name: 'but not by a person who ends the lane',
    world: { open: [broken], fixing: new Set(['000001']), stopping: true, nextId: 2 },
    does: ['stop asked'],
  },

  // Ends.
  { name: 'after the last experiment it stops', world: { ...limits(3), nextId: 4 }, does: ['stop limit'] },
  { name: 'not before the last experiment', world: { ...limits(3), nextId: 3 }, does: ['propose 1'] },
  {
    name: 'never more than the cap at once',
    world: { lane: { width: 8, ahead: 0, limits: limits(3).lane.limits }, nextId: 3, queue: [idea()] },
    does: ['allocate idea'],
  },
  { name: 'what runs is waited for at the cap', world: { ...atWork('000001'), ...limits(1) }, does: [] },
  {
    name: 'what is open is launched at the cap',
    world: { ...limits(1), open: [one!], nextId: 2 },
    does: ['launch 000001/1 first'],
  },
  {
    name: 'a request under way is waited for at the cap',
    world: { ...limits(1), nextId: 2, asking: 1 },
    does: [],
  },
  {
    name: 'no gain rides beyond the cap',
    world: { ...limits(1), nextId: 2, stacks: [owed] },
    does: ['stop limit'],
  },
  // The last experiment that a cap allows.
  {
    name: 'the last one waits for what runs beside it',
    world: { ...atWork('000001', lastOf(2)), queue: [idea()] },
    does: [],
  },
  { name: 'and no idea is asked for meanwhile', world: atWork('000001', lastOf(2)), does: [] },
  {
    name: 'the one before it waits for nothing',
    world: { ...atWork('000001', lastOf(3)), queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'it carries what is owed, and what was tried in no train before the half of one',
    world: { ...lastOf(2), nextId: 2, stacks: [['000001'], ['000003']], queue: [idea()] },
    does: ['stack 000003'],
  },
  {
    name: 'it is an idea where nothing is owed',
    world: { ...lastOf(2), nextId: 2, queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'where one runs at a time it is asked for ahead, for nothing can be owed',
    world: { ...atWork('000001'), lane: { ahead: 1, limits: limits(2).lane.limits } },
    does: ['propose 1'],
  },
  {
    name: 'the last run that the hours allow waits likewise',
    world: { ...atWork('000001', lastOf(null, 1510 / 3600)), queue: [idea()] },
    does: [],
  },
  {
    name: 'the one before it does not',
    world: { ...atWork('000001', lastOf(null, 2110 / 3600)), queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'where the money is spent owed gains still ride',
    world: { ...limits(null, null, 5), spentUsd: 5, stacks: [owed] },
    does: ['stack 000001'],
  },
  {
    name: 'but nothing more is asked while they wait for a slot',
    world: {
      ...atWork('000002', { stacks: [owed], spentUsd: 5 }),
      lane: { ahead: 2, ...limits(null, null, 5).lane },
    },
    does: [],
  },
  { name: 'a cap of nothing means the baseline alone', world: { ...limits(0) }, does: ['stop limit'] },
  {
    name: 'an idea for which the hours do not suffice is not begun',
    world: { ...limits(null, 900 / 3600), queue: [idea()] },
    does: ['stop limit'],
  },
  {
    name: 'one for which they just suffice is',
    world: { ...limits(null, 910 / 3600), queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'runs at work count as the most they may take',
    world: {
      lane: { width: 3, limits: limits(null, 1500 / 3600).lane.limits },
      open: [one!, two!, three!],
      runs: [run('000001', 1, 'running')],
      nextId: 4,
    },
    does: [],
  },
  {
    name: 'the last affordable run is launched',
    world: {
      lane: { width: 3, limits: limits(null, 1510 / 3600).lane.limits },
      open: [one!, two!, three!],
      runs: [run('000001', 1, 'running')],
      nextId: 4,
    },
    does: ['launch 000002/1 first'],
  },
  {
    name: 'an attempt that cannot be paid for ends the lane unfinished, though a run of it is still there',
    world: {
      ...limits(null, 900 / 3600),
      open: [openWith('000001', attempts(lost('gone')))],
      runs: [run('000001', 1, 'ended')],
      nextId: 2,
    },
    does: ['stop limit'],
  },
  {
    name: 'where the money is spent no more is asked',
    world: { ...limits(null, null, 5), spentUsd: 5 },
    does: ['stop limit'],
  },
  {
    name: 'an idea that is paid for is tried',
    world: { ...limits(null, null, 5), spentUsd: 5, queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'a proposer that has nothing left ends the lane',
    world: { exhausted: { reason: 'exhausted', sentence: 'that was all' } },
    does: ['stop exhausted'],
  },
  {
    name: 'but not before its ideas are tried',
    world: { exhausted: { reason: 'exhausted', sentence: 'that was all' }, queue: [idea()] },
    does: ['allocate idea'],
  },
  {
    name: 'nor before what runs has ended',
    world: { ...atWork('000001'), exhausted: { reason: 'exhausted', sentence: 'that was all' } },
    does: [],
  },
  {
    name: 'other conditions stop the lane',
    world: { conditionsChanged: 'gpu was a, is b' },
    does: ['stop conditions'],
  },
  {
    name: 'other conditions wait for what runs',
    world: { ...atWork('000001'), conditionsChanged: 'gpu was a, is b' },
    does: [],
  },
  {
    name: 'other conditions launch nothing more',
    world: { open: [one!], conditionsChanged: 'gpu was a, is b', nextId: 2 },
    does: ['stop conditions'],
  },
  {
    name: 'a person who ends it waits for no run',
    world: { ...atWork('000001'), stopping: true },
    does: ['stop asked'],
  },
  {
    name: 'a person who ends it starts nothing',
    world: { open: [one!], stopping: true, queue: [idea()], nextId: 2 },
    does: ['stop asked'],
  },
  {
    name: 'what has ended is still collected',
    world: { ...atWork('000001', { runs: [run('000001', 1, 'ended')] }), stopping: true },
    does: ['collect 000001/1'],
  },
  {
    name: 'what is known is still settled',
    world: { open: [won], stopping: true, nextId: 2 },
    does: ['settle 000001 keep'],
  },
  { name: 'and still published', world: { decided: 2, stopping: true }, does: ['publish'] },
  {
    name: 'and no repair is asked for',
    world: { open: [openWith('000001', attempts(typo))], stopping: true, nextId: 2 },
    does: ['stop asked'],
  },
];

describe('decide', () => {
  it.each(cases)('$name', ({ world: also, nowMs = 1000, does }) => {
    expect(decide(world(also), nowMs).map(inWords)).toEqual(does);
  });

  it.each<[string, Also, RegExp]>([
    [
      'the lane on experiments',
      { ...limits(3), nextId: 4 },
      /^3 experiments are done; raise --experiments \(in a settings file limits.experiments\) to go on$/,
    ],
    [
      'the lane on one experiment',
      { ...limits(1), nextId: 2 },
      /^1 experiment is done; raise --experiments /,
    ],
    [
      'the lane on hours',
      limits(null, 0.1),
      /^another run could pass the cap of 0.1 hours; raise --hours \(in a settings file limits.maxGpuHours\) to go on$/,
    ],
    [
      'the lane on dollars',
      { ...limits(null, null, 5), spentUsd: 6 },
      /^the cap of 5 USD is reached; raise --max-usd \(in a settings file proposer.maxUsd\) to go on$/,
    ],
    [
      'a person on experiments',
      { ...limits(40), ...byHand(3), nextId: 4 },
      /^3 experiments are done; raise it with autoresearch limit --experiments to go on$/,
    ],
    [
      'a person on hours',
      { ...limits(null, 1), ...byHand(null, 0.1) },
      /^another run could pass the cap of 0.1 hours; raise it with autoresearch limit --hours to go on$/,
    ],
    [
      'a person on dollars',
      { ...byHand(null, null, 5), spentUsd: 6 },
      /^the cap of 5 USD is reached; raise it with autoresearch limit --usd to go on$/,
    ],
    [
      'the lane, though a person has a looser one',
      { ...limits(3), ...byHand(100), nextId: 4 },
      /raise --experiments \(/,
    ],
    ['both alike', { ...limits(3), ...byHand(3), nextId: 4 }, /raise --experiments \(/],
  ])('a cap of %s says how to go on', (_, also, sentence) => {
    expect(decide(world(also), 0)).toEqual([
      { kind: 'stop', reason: 'limit', sentence: expect.stringMatching(sentence) },
    ]);
  });
});

it.each([
  [null, null, null],
  [5, null, 5],
  [null, 5, 5],
  [5, 3, 3],
  [3, 5, 3],
  [3, 0, 0],
])('of a cap of %s and one of %s the tighter one counts: %s', (ours, theirs, both) => {
  const all = (cap: number | null) => ({ experiments: cap, gpuHours: cap, usd: cap });
  const control = { paused: false, guidance: '', limits: all(theirs) };
  expect(caps({ lane: { ...lane, limits: all(ours) }, control })).toEqual(all(both));
});
