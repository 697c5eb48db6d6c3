// Long records of spending: what is read of them, and that the copies which spare reads never change what is known.
import { describe, expect, test } from 'vitest';
import { SPAN } from '../../controller/core/checkpoint.ts';
import { keys } from '../../controller/core/keys.ts';
import { noUsage } from '../../controller/core/money.ts';
import { Budget } from '../../controller/llm/budget.ts';
import { spendsOf } from '../../controller/llm/spend-log.ts';
import type { Store } from '../../controller/ports.ts';
import { MemoryStore } from '../memory/store.ts';

const LAST = 2 * SPAN + 120;
/** Calls whose usage nobody knows. */
const unknown = (n: number) => n % 300 === 0;
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const call = { purpose: 'propose', experiment: null, model: 'm', nanoUsd: 10, tokens: 10, atMs: 0 } as const;
const used = { nanoUsd: 3, usage: { ...noUsage, outputTokens: 1 }, seconds: 1, outcome: 'end_turn' };
const spentNano = numbers(1, LAST).reduce((sum, n) => sum + (unknown(n) ? 10 : 3), 0);

const budgetOn = (store: Store) => new Budget(store, 'main', async () => ({ nanoUsd: 1e12, tokens: null }));

async function callOnce(budget: Budget): Promise<void> {
  const answer = await budget.reserve(call);
  if (answer.kind === 'refused') throw new Error(answer.sentence);
  await budget.settle(answer.reservation, unknown(answer.reservation.n) ? null : used);
}

/** A store with the calls of one controller; `seen` is what is read from it and written into it later. */
async function stored(last = LAST) {
  const memory = new MemoryStore();
  const budget = budgetOn(memory);
  for (let n = 1; n <= last; n++) await callOnce(budget);
  const seen = { gets: [] as string[], puts: [] as string[] };
  const store: Store = {
    get: (key) => {
      seen.gets.push(key);
      return memory.get(key);
    },
    putIfAbsent: (key, bytes) => {
      seen.puts.push(key);
      return memory.putIfAbsent(key, bytes);
    },
    put: (key, bytes) => memory.put(key, bytes),
    list: (prefix) => memory.list(prefix),
  };
  return { memory, store, seen };
}

const read = async (store: Store) => Math.round(1e9 * (await budgetOn(store).spentUsd()));

describe('a start', () => {
  test('reads whole thousands at once and each other call by one object, writes nothing, and knows the same', async () => {
    const { store, seen } = await stored();
    expect(await read(store)).toBe(spentNano);
    const one = (n: number) => (unknown(n) ? keys.spend('main', n) : keys.settled('main', n));
    expect(seen.gets.sort()).toEqual(
      [
        keys.spendCheckpoint('main', 0),
        keys.spendCheckpoint('main', 1),
        ...numbers(1, 2 * SPAN - 1)
          .filter(unknown)
          .map(one),
        ...numbers(2 * SPAN, LAST).map(one),
      ].sort(),
    );
    expect(seen.puts).toEqual([]);
  });

  test('on a record without copies lays them together; who only looks writes nothing', async () => {
    const { memory, store, seen } = await stored(2 * SPAN + 20);
    const bare = new MemoryStore();
    for (const name of (await memory.list(keys.spends('main'))).filter((one) => one.endsWith('.json')))
      await bare.put(`main/spend/${name}`, (await memory.get(`main/spend/${name}`))!);
    expect(await spendsOf(bare, 'main')).toEqual(await spendsOf(store, 'main'));
    expect(await bare.list('main/spend/checkpoints/')).toEqual([]);
    expect(await read(bare)).toBe(await read(store));
    expect(await bare.list('main/spend/checkpoints/')).toEqual(['0.jsonl', '1.jsonl']);
    expect(seen.puts).toEqual([keys.spendCheckpoint('main', 1)]);
  });

  test.each<[string, (text: string) => string]>([
    ['cut off', (text) => text.slice(0, -10)],
    ['of other calls', (text) => text.replace('"n":3,', '"n":1003,')],
    ['without dollars', (text) => text.replace('"nanoUsd":3', '"nanoUsd":null')],
    ['not JSON', () => 'rot\n'],
  ])('counts for nothing a copy that is %s', async (_, spoil) => {
    const { memory, store, seen } = await stored();
    const key = keys.spendCheckpoint('main', 0);
    const text = new TextDecoder().decode((await memory.get(key))!);
    await memory.put(key, new TextEncoder().encode(spoil(text)));
    expect(await read(store)).toBe(spentNano);
    expect(seen.gets).toContain(keys.settled('main', 4));
  });

  test('believes a copy of no settlement that is not there', async () => {
    const { memory, store } = await stored();
    const key = keys.spendCheckpoint('main', 0);
    const text = new TextDecoder().decode((await memory.get(key))!);
    const forged = JSON.stringify({ n: 300, purpose: 'propose', experiment: null, model: 'm', ...used });
    await memory.put(key, new TextEncoder().encode(`${text}${forged}\n`));
    expect(await read(store)).toBe(spentNano);
  });
});

test('a controller that lives long lays a thousand together once the next has begun; where it cannot, no call is made', async () => {
  const memory = new MemoryStore();
  let failing = true;
  const budget = budgetOn({
    get: (key) => memory.get(key),
    list: (prefix) => memory.list(prefix),
    put: (key, bytes) => memory.put(key, bytes),
    putIfAbsent: async (key, bytes) => {
      if (failing && key.includes('checkpoints')) throw new Error('the network is gone');
      return memory.putIfAbsent(key, bytes);
    },
  });
  for (let n = 1; n < SPAN + 100; n++) await callOnce(budget);
  await expect(callOnce(budget)).rejects.toThrow('gone');
  expect(await spendsOf(memory, 'main')).toHaveLength(SPAN + 99);
  failing = false;
  await callOnce(budget);
  expect(await spendsOf(memory, 'main')).toHaveLength(SPAN + 100);
  expect(await memory.list('main/spend/checkpoints/')).toEqual(['0.jsonl']);
});

describe.each([
  ['empty', ''],
  ['cut short', '{"n": 2, "purp'],
  ['of another kind', '{}'],
])('a call that is %s', (_, damage) => {
  const way = /^main\/spend\/2\.json in the store cannot be read; restore it from a copy, or remove it and/;

  async function damaged() {
    const { memory } = await stored(1);
    const budget = budgetOn(memory);
    for (let n = 2; n <= 3; n++) await budget.reserve(call);
    await memory.put(keys.spend('main', 2), new TextEncoder().encode(damage));
    return memory;
  }

  test('stops who spends with what to do; removed as it says, the lane spends on', async () => {
    const memory = await damaged();
    await expect(read(memory)).rejects.toThrow(way);
    const mended = new MemoryStore();
    for (const name of ['1.json', '1-settled.json', '3.json'])
      await mended.put(`main/spend/${name}`, (await memory.get(`main/spend/${name}`))!);
    expect(await read(mended)).toBe(13);
  });

  test('is told to who only looks, and the others are counted', async () => {
    const told: string[] = [];
    const spends = await spendsOf(await damaged(), 'main', (sentence) => told.push(sentence));
    expect(spends.map(({ n }) => n)).toEqual([1, 3]);
    expect(told).toEqual([expect.stringMatching(way)]);
  });
});
