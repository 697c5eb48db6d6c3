import { describe, expect, test } from 'vitest';
import { recordsIn, SPAN } from '../../controller/core/checkpoint.ts';
import type { Decision } from '../../controller/core/decision.ts';
import { experimentId } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { onDisk, publisher } from '../../controller/loop/publishing.ts';
import type { FrontierView, Store } from '../../controller/ports.ts';
import { reportWriter } from '../../controller/report/publish.ts';
import { encode } from '../../controller/std/json.ts';
import { keepOf } from '../contract/drafts.ts';
import { MemoryStore } from '../memory/store.ts';
import { laneUpTo } from '../sweep/script.ts';

const lane = laneUpTo(0);
const KEPT = 7;
const decision = (n: number): Decision => {
  const status = n === KEPT ? 'keep' : 'discard';
  const draft = { ...keepOf(n, `${n}\n`, n > KEPT ? 'a'.repeat(40) : null, 2), status } as const;
  return { ...draft, commit: (n === KEPT ? 'a' : 'b').repeat(40) };
};
const view: FrontierView = {
  kept: [{ decision: decision(KEPT), trainPy: '7\n' }],
  writer: null,
  foreign: null,
};

/** A store of so many decisions, without that of an idea that was given up; `gets` counts what is read from it. */
async function stored(count: number, givenUp: number | null = null) {
  const memory = new MemoryStore();
  const decisions = Array.from({ length: count }, (_, n) => decision(n)).filter((_, n) => n !== givenUp);
  for (const d of decisions)
    if (d.status !== 'keep') await memory.put(keys.record(lane.name, d.experiment), encode(d));
  await publisher(lane.name, memory, onDisk, reportWriter(lane.name, memory, null))(decisions);
  const gets: string[] = [];
  const store: Store = {
    get: (key) => {
      gets.push(key);
      return memory.get(key);
    },
    put: (key, bytes) => memory.put(key, bytes),
    putIfAbsent: (key, bytes) => memory.putIfAbsent(key, bytes),
    list: (prefix) => memory.list(prefix),
  };
  return {
    store,
    memory,
    decisions,
    gets,
    read: async () => (await Ledger.read(lane, store, view)).decisions,
  };
}

describe('a restart', () => {
  test('reads whole thousands at once and the rest one by one, and knows the same', async () => {
    const { decisions, gets, read } = await stored(2 * SPAN + 20);
    expect(await read()).toEqual(decisions);
    const one = Array.from({ length: 20 }, (_, i) => keys.record(lane.name, experimentId(2 * SPAN + i)));
    expect(gets.sort()).toEqual(
      [keys.checkpoint(lane.name, 0), keys.checkpoint(lane.name, 1), ...one].sort(),
    );
  });

  test('a thousand with one id undecided is none', async () => {
    const { memory } = await stored(SPAN - 1);
    expect(await memory.list(keys.checkpoints(lane.name))).toEqual([]);
  });

  test('a thousand with an id that was given up is one, once two thousand more are there', async () => {
    const { memory, gets, read, decisions } = await stored(3 * SPAN, 1234);
    const names = await memory.list(keys.checkpoints(lane.name));
    expect(names).toEqual(['0.jsonl']);
    const later = await stored(4 * SPAN, 1234);
    expect(await later.memory.list(keys.checkpoints(lane.name))).toEqual(
      [0, 1, 2, 3].map((n) => `${n}.jsonl`),
    );
    expect(await later.read()).toEqual(later.decisions);
    // Should it be there again, as from a backup, it is read by itself.
    expect(await read()).toEqual(decisions);
    expect(gets).toContain(keys.record(lane.name, experimentId(1235)));
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, -10)],
    ['of other ids', (text: string) => text.replace('"000003"', '"001003"')],
    ['not JSON', () => 'rot\n'],
  ])('a copy that is %s counts for nothing', async (_, spoil) => {
    const { memory, decisions, gets, read } = await stored(SPAN);
    const key = keys.checkpoint(lane.name, 0);
    await memory.put(
      key,
      new TextEncoder().encode(spoil(new TextDecoder().decode((await memory.get(key))!))),
    );
    expect(await read()).toEqual(decisions);
    expect(gets).toHaveLength(SPAN);
  });

  test('the frontier wins over a copy of a Record', async () => {
    const { memory, read } = await stored(SPAN);
    const key = keys.checkpoint(lane.name, 0);
    const text = new TextDecoder().decode((await memory.get(key))!);
    const overruled = { ...decision(KEPT), status: 'discard', reason: 'worse' };
    await memory.put(key, new TextEncoder().encode(`${text}${JSON.stringify(overruled)}\n`));
    expect(recordsIn(`${JSON.stringify(overruled)}\n`, 0)).toHaveLength(1);
    expect((await read()).find((d) => d.experiment === experimentId(KEPT))?.status).toBe('keep');
  });
});
