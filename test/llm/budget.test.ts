import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noUsage } from '../../controller/core/money.ts';
import {
  type PaidCall,
  type Reservation,
  reservationSchema,
  settlementSchema,
} from '../../controller/core/spend.ts';
import { Budget } from '../../controller/llm/budget.ts';
import type { Store } from '../../controller/ports.ts';
import { MemoryStore } from '../memory/store.ts';
import { spendUnderCap } from '../messages/spree.ts';

const call = (nanoUsd: number, tokens = 10) => ({
  purpose: 'propose' as const,
  experiment: null,
  model: 'claude-opus-5-5',
  nanoUsd,
  tokens,
  atMs: 0,
});
const used = (nanoUsd: number) => ({
  nanoUsd,
  usage: { ...noUsage, outputTokens: 1 },
  seconds: 1,
  outcome: 'end_turn',
});
const budgetOn = (store: Store, nanoUsd: number, tokens: number | null = null) =>
  new Budget(store, 'main', async () => ({ nanoUsd, tokens }));

async function reserved(budget: Budget, nanoUsd: number): Promise<Reservation> {
  const answer = await budget.reserve(call(nanoUsd));
  if (answer.kind === 'refused') throw new Error(answer.sentence);
  return answer.reservation;
}

/** What the store says is spent: reservations, less what settlements gave back. */
async function told(store: Store): Promise<number> {
  const read = async (name: string) =>
    JSON.parse(new TextDecoder().decode((await store.get(`main/spend/${name}`))!));
  let nano = 0;
  const names = await store.list('main/spend/');
  for (const name of names) {
    if (name.endsWith('-settled.json')) continue;
    const settled = name.replace('.json', '-settled.json');
    nano += names.includes(settled)
      ? settlementSchema.parse(await read(settled)).nanoUsd
      : reservationSchema.parse(await read(name)).nanoUsd;
  }
  return nano;
}

test('of 100 calls at once near the cap as many are let through as fit', async () => {
  const store = new MemoryStore();
  const budget = budgetOn(store, 1000);
  const answers = await Promise.all(Array.from({ length: 100 }, () => budget.reserve(call(30))));
  expect(answers.filter((answer) => answer.kind === 'reserved')).toHaveLength(33);
  expect(answers.find((answer) => answer.kind === 'refused')).toMatchObject({
    others: true,
    sentence: expect.stringMatching(/raise --max-usd/),
  });
  expect(await told(store)).toBe(990);
});

test('of 100 calls of two controllers at once no more are let through', async () => {
  const store = new MemoryStore();
  const budgets = [budgetOn(store, 1000), budgetOn(store, 1000)];
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => budgets[i % 2]!.reserve(call(30))));
  expect(answers.filter((answer) => answer.kind === 'reserved')).toHaveLength(33);
  expect(await told(store)).toBe(990);
});

test('what a call did not use is free again; what nobody knows of stays spent', async () => {
  const store = new MemoryStore();
  const budget = budgetOn(store, 100);
  await budget.settle(await reserved(budget, 60), used(5));
  await budget.settle(await reserved(budget, 60), null);
  expect(await budget.spentUsd()).toBe(65e-9);
  expect(await budget.reserve(call(36))).toMatchObject({ kind: 'refused', others: false });
  expect((await reserved(budget, 35)).n).toBe(3);
});

test('a call that was under way when the controller was killed counts as reserved', async () => {
  const store = new MemoryStore();
  const first = budgetOn(store, 100);
  await first.settle(await reserved(first, 40), used(10));
  await reserved(first, 50);
  const next = budgetOn(store, 100);
  expect(await next.spentUsd()).toBe(60e-9);
  expect((await reserved(next, 40)).n).toBe(3);
});

test('tokens have a cap of their own', async () => {
  const budget = budgetOn(new MemoryStore(), 1e9, 25);
  await reserved(budget, 1);
  await reserved(budget, 1);
  expect(await budget.reserve(call(1))).toMatchObject({ sentence: expect.stringMatching(/maxTokens/) });
});

describe('trouble with the store', () => {
  test('a spend record that cannot be read lets no call through', async () => {
    const store = new MemoryStore();
    await store.put('main/spend/1.json', new TextEncoder().encode('{"n": 1'));
    await expect(budgetOn(store, 100).reserve(call(1))).rejects.toThrow(
      /1.json in the store cannot be read; restore it/,
    );
  });

  const settlement = {
    n: 1,
    purpose: 'propose',
    experiment: null,
    model: 'claude-opus-5-5',
    nanoUsd: 5,
    usage: { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 },
    seconds: 1,
    outcome: 'end_turn',
  };
  test.each<[string, string, number]>([
    ['of no number of dollars', JSON.stringify({ ...settlement, nanoUsd: null }), 40],
    ['without the input', JSON.stringify({ ...settlement, usage: { outputTokens: 1 } }), 40],
    ['of another call', JSON.stringify({ ...settlement, n: 2 }), 40],
    ['that breaks off', '{"n": 1', 40],
    ['whose clock stepped back', JSON.stringify({ ...settlement, seconds: -9.96 }), 5],
  ])('with a stored settlement %s the lane goes on', async (_, stored, spent) => {
    const store = new MemoryStore();
    await reserved(budgetOn(store, 100), 40);
    await store.put('main/spend/1-settled.json', new TextEncoder().encode(stored));
    const budget = budgetOn(store, 100);
    expect(await budget.spentUsd()).toBe(spent / 1e9);
    expect((await reserved(budget, 100 - spent)).n).toBe(2);
    expect(await budget.reserve(call(1))).toMatchObject({ kind: 'refused' });
  });

  test.each<[string, object]>([
    ['no number of dollars', { nanoUsd: Number.NaN }],
    ['more dollars than a sum can hold', { nanoUsd: 2 ** 60 }],
    ['no number of tokens', { usage: { ...noUsage, inputTokens: Number.NaN } }],
  ])('a usage of %s is none: the reservation stays spent, and nothing is stored', async (_, wrong) => {
    const store = new MemoryStore();
    const told: (PaidCall['used'] | null)[] = [];
    const caps = async () => ({ nanoUsd: 100, tokens: null });
    const budget = new Budget(store, 'main', caps, (paid) => told.push(paid.used));
    expect(await budget.settle(await reserved(budget, 40), { ...used(5), ...wrong })).toBe(40);
    expect(await budget.spentUsd()).toBe(40e-9);
    expect(told).toEqual([null]);
    expect(await store.list('main/spend/')).toEqual(['1.json']);
  });

  test('a store that fails once is read anew, and nothing is counted twice', async () => {
    const store = new MemoryStore();
    const first = budgetOn(store, 100);
    await first.settle(await reserved(first, 40), used(10));
    await reserved(first, 30);
    let failing = true;
    const flaky: Store = {
      get: async (key) => {
        if (failing && key.endsWith('2.json')) throw new Error('the network is gone');
        return store.get(key);
      },
      list: (prefix) => store.list(prefix),
      put: (key, bytes) => store.put(key, bytes),
      putIfAbsent: (key, bytes) => store.putIfAbsent(key, bytes),
    };
    const budget = budgetOn(flaky, 100);
    await expect(budget.spentUsd()).rejects.toThrow('gone');
    failing = false;
    expect(await budget.spentUsd()).toBe(40e-9);
  });

  test('a call whose reservation could not be written is not made', async () => {
    const store = new MemoryStore();
    const full: Store = {
      get: (key) => store.get(key),
      list: (prefix) => store.list(prefix),
      put: (key, bytes) => store.put(key, bytes),
      putIfAbsent: async () => {
        throw new Error('the disk is full');
      },
    };
    const budget = budgetOn(full, 100);
    await expect(budget.reserve(call(1))).rejects.toThrow('full');
    expect(await budget.spentUsd()).toBe(0);
  });
});

test('in a thousand seeded runs of a hundred conversations for one to eight ideas, failed, broken off, forgotten and restarted, neither account nor record passes the cap', async () => {
  let [made, several, usable] = [0, 0, 0];
  for (let seed = 1; seed <= 1000; seed++) {
    const { capNano, chargedNano, spentNano, calls, asked, ideas } = await spendUnderCap(seed);
    expect(chargedNano, `seed ${seed}`).toBeLessThanOrEqual(spentNano);
    expect(spentNano, `seed ${seed}`).toBeLessThanOrEqual(capNano);
    made += calls;
    usable += ideas;
    if (asked > 1 && ideas > 0) several++;
  }
  // The smallest caps buy no call at all.
  expect(made).toBeGreaterThan(15_000);
  expect(usable).toBeGreaterThan(20_000);
  expect(several).toBeGreaterThan(700);
});

type Step =
  | { kind: 'call'; who: number; most: number; share: number | null }
  | { kind: 'restart'; who: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('call' as const),
      who: fc.nat(1),
      most: fc.integer({ min: 1, max: 300 }),
      share: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), who: fc.nat(1) }) },
);

test('whatever is called, settled, forgotten or killed, by one controller or two, the cap holds in the store', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 2000 }),
      async (steps, cap) => {
        const store = new MemoryStore();
        const budgets = [budgetOn(store, cap), budgetOn(store, cap)];
        const under: Promise<unknown>[] = [];
        for (const one of steps) {
          if (one.kind === 'restart') {
            budgets[one.who] = budgetOn(store, cap);
            continue;
          }
          const budget = budgets[one.who]!;
          const made = budget.reserve(call(one.most)).then(async (answer) => {
            if (answer.kind === 'reserved')
              await budget.settle(
                answer.reservation,
                one.share === null ? null : used(Math.floor(one.most * one.share)),
              );
          });
          under.push(made);
          if (one.most % 3 === 0) await Promise.all(under);
          expect(await told(store)).toBeLessThanOrEqual(cap);
        }
        await Promise.all(under);
        const spent = await told(store);
        expect(spent).toBeLessThanOrEqual(cap);
        expect(Math.round(1e9 * (await budgetOn(store, cap).spentUsd()))).toBe(spent);
      },
    ),
  );
});

test('who is refused while a settlement is being written is told that something may be given back', async () => {
  const store = new MemoryStore();
  const written = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const slow: Store = {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    put: (key, bytes) => store.put(key, bytes),
    putIfAbsent: async (key, bytes) => {
      if (key.endsWith('-settled.json')) {
        began.resolve();
        await written.promise;
      }
      return store.putIfAbsent(key, bytes);
    },
  };
  const budget = budgetOn(slow, 100);
  const settling = budget.settle(await reserved(budget, 80), used(1));
  await began.promise;
  expect(await budget.reserve(call(80))).toMatchObject({ kind: 'refused', others: true });
  written.resolve();
  await settling;
  expect(await budget.reserve(call(80))).toMatchObject({ kind: 'reserved' });
  expect(await budget.reserve(call(80))).toMatchObject({ kind: 'refused', others: true });
});
