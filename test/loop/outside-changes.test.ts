import { expect, test } from 'vitest';
import type { Action } from '../../controller/core/decide.ts';
import type { Lane, Proposal } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { OutsideChanges } from '../../controller/loop/outside-changes.ts';
import { encode } from '../../controller/std/json.ts';
import { MemoryStore } from '../memory/store.ts';

const NAME = 'main';
const lane: Lane = {
  name: NAME,
  width: 1,
  seed: 1,
  clocks: { budgetSeconds: 1, startSeconds: 1, wallSeconds: 2 },
  confirm: 0,
  requireSealed: true,
  ahead: 0,
  limits: { experiments: null, gpuHours: null, usd: null },
};
const baseline: Proposal = {
  experiment: '000000',
  description: 'baseline',
  hypothesis: '',
  source: 'builtin',
  base: null,
  trainPy: '# train\n',
  program: 'a'.repeat(64),
  stackOf: null,
  createdMs: 0,
};

async function set() {
  const store = new MemoryStore();
  const clock = { ms: 1_000_000, now: () => clock.ms };
  const blocked: string[] = [];
  const outside = new OutsideChanges(store, NAME, clock, (sentence) => blocked.push(sentence));
  const ledger = await Ledger.read(lane, store, { kept: [], writer: null, foreign: null });
  const pause = (paused: boolean) =>
    store.put(keys.control(NAME), encode({ paused, guidance: '', limits: {} }));
  return { store, clock, held: blocked, others: outside, ledger, pause };
}

const launch = { kind: 'launch' } as Action;
const settle = { kind: 'settle' } as Action;

test('what others write is seen after a wait, and after a second without one, but not in the turns between', async () => {
  const { others: outside, ledger, pause, clock, store } = await set();
  await outside.look(ledger);
  expect(outside.control.paused).toBe(false);
  await pause(true);
  await store.putIfAbsent(keys.proposal(NAME, 0), encode(baseline));
  await outside.look(ledger);
  expect([outside.control.paused, ledger.open.size]).toEqual([false, 0]);
  outside.expire();
  await outside.look(ledger);
  expect([outside.control.paused, ledger.open.size]).toEqual([true, 1]);
  await pause(false);
  clock.ms += 999;
  await outside.look(ledger);
  expect(outside.control.paused).toBe(true);
  clock.ms += 1;
  await outside.look(ledger);
  expect(outside.control.paused).toBe(false);
});

test.each(['launch', 'propose', 'stop'] as const)('a %s waits for a look in the same turn', async (kind) => {
  const { others: outside, ledger, pause } = await set();
  const revocable = { kind } as Action;
  await outside.look(ledger);
  expect(outside.allow([settle, revocable])).toBe(true);
  await pause(true);
  await outside.look(ledger);
  expect(outside.allow([settle])).toBe(true);
  expect(outside.allow([settle, revocable])).toBe(false);
  await outside.look(ledger);
  expect(outside.control.paused).toBe(true);
  expect(outside.allow([revocable])).toBe(true);
});

test('a clock that is set back makes the next look a new one', async () => {
  const { others: outside, ledger, pause, clock } = await set();
  await outside.look(ledger);
  await pause(true);
  clock.ms -= 500_000;
  await outside.look(ledger);
  expect(outside.control.paused).toBe(true);
});

test('a control.json that cannot be read pauses, and is told once for each look', async () => {
  const { others: outside, ledger, store, held: blocked } = await set();
  await store.put(keys.control(NAME), new TextEncoder().encode('{'));
  await outside.look(ledger);
  await outside.look(ledger);
  expect(outside.control.paused).toBe(true);
  expect(outside.allow([launch])).toBe(false);
  expect(blocked).toEqual([expect.stringContaining('control.json cannot be read')]);
});
