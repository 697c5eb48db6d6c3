// Proposals as they lie in stores: what an idea cost is told to people, and a lane opens whatever it says.
import { describe, expect, test } from 'vitest';
import type { Idea } from '../../controller/core/idea.ts';
import { keys } from '../../controller/core/keys.ts';
import type { Cost } from '../../controller/core/money.ts';
import { allocate } from '../../controller/loop/allocate.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import type { FrontierView } from '../../controller/ports.ts';
import { encode } from '../../controller/std/json.ts';
import { draftLike } from '../contract/drafts.ts';
import { MemoryStore } from '../memory/store.ts';
import { laneUpTo } from '../sweep/script.ts';

const lane = laneUpTo(0);
const nothing: FrontierView = { kept: [], writer: null, foreign: null };
const cost: Cost = {
  model: 'claude-opus-5-5',
  calls: 1,
  inputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1,
  usd: 0.1,
  seconds: 3,
};
const idea = (told: Cost): Idea => ({
  description: 'RATE: more',
  hypothesis: '',
  source: 'anthropic',
  base: 'a'.repeat(40),
  trainPy: 'RATE = 1\n',
  stackOf: null,
  cost: told,
});

const cases: [string, object, Cost | undefined][] = [
  ['as it should', {}, cost],
  ['below zero seconds, for the clock stepped back', { seconds: -9.9 }, { ...cost, seconds: 0 }],
  ['no dollars', { usd: Number.NaN }, undefined],
  ['no tokens', { inputTokens: Number.NaN }, undefined],
];

test('a stack of before names its one experiment as text, in its proposal and in its Record, and is read', async () => {
  const store = new MemoryStore();
  const { cost: _, ...free } = idea(cost);
  const stack = { ...free, source: 'stack', base: null, program: '', createdMs: 1, stackOf: '000003' };
  await store.put(keys.proposal(lane.name, 4), encode({ ...stack, experiment: '000004' }));
  const record = draftLike({ experiment: '000005', status: 'discard', source: 'stack' });
  await store.put(keys.proposal(lane.name, 5), encode({ ...stack, experiment: '000005' }));
  const commit = 'c'.repeat(40);
  await store.put(keys.record(lane.name, 5), encode({ ...record, stackOf: '000002', commit }));
  const ledger = await Ledger.read(lane, store, nothing);
  expect(ledger.open.get('000004')?.proposal.stackOf).toEqual(['000003']);
  expect(ledger.decisionOn('000005')?.stackOf).toEqual(['000002']);
});

describe.each(cases)('of an idea that cost %s', (_, wrong, read) => {
  const told = { ...cost, ...wrong };

  test('the stored proposal is read, and so the lane opens', async () => {
    const store = new MemoryStore();
    const { cost: _, ...free } = idea(told);
    const proposal = { experiment: '000000', ...free, base: null, program: '', createdMs: 1, cost: told };
    await store.put(keys.proposal(lane.name, 0), encode(proposal));
    const ledger = await Ledger.read(lane, store, nothing);
    expect(ledger.open.get('000000')?.proposal.cost).toEqual(read);
  });

  test('the proposal is written as it will be read', async () => {
    const store = new MemoryStore();
    const ledger = await Ledger.read(lane, store, nothing);
    const tools = { lane, store, clock: { now: () => 1, sleep: async () => {} } };
    await allocate(tools, ledger, { ...idea(told), base: null }, '');
    const { proposal } = ledger.open.get('000000')!;
    expect(proposal.cost).toEqual(read);
    const bytes = await store.get(keys.proposal(lane.name, 0));
    expect(new TextDecoder().decode(bytes!)).toBe(`${JSON.stringify(proposal, null, 1)}\n`);
  });
});
