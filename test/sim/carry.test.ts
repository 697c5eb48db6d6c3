// Ideas and gains made on an older frontier, carried onto the tip.
import { describe, expect, it } from 'vitest';
import type { Decision, Draft } from '../../controller/core/decision.ts';
import { keys } from '../../controller/core/keys.ts';
import { carried, stacked } from '../../controller/loop/allocate.ts';
import type { LanePorts } from '../../controller/loop/context.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { encode } from '../../controller/std/json.ts';
import { draftLike, keepOf } from '../contract/drafts.ts';
import { idea, lane } from '../core/trials.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { MemoryStore } from '../memory/store.ts';

const file = (a: number, b: number, c: number) => `a = ${a}\n\nb = ${b}\n\nc = ${c}\n`;
const bytes = (text: string) => new TextEncoder().encode(text);

/** A lane whose frontier holds these files, the first one the baseline, with metrics that fall; and these Records. */
async function laneWith(
  files: readonly string[],
  records: readonly (Partial<Draft> & { trainPy: string })[] = [],
) {
  const store = new MemoryStore();
  const frontier = new MemoryFrontier();
  let claim = await frontier.claim();
  const commits: string[] = [];
  const keep = async (n: number, trainPy: string, also: Partial<Draft> = {}) => {
    const draft = { ...keepOf(n, trainPy, commits.at(-1) ?? null, 2 - n / 10), ...also };
    const keeping = await frontier.keep(draft, trainPy, claim);
    if (keeping.kind !== 'kept') throw new Error(keeping.sentence);
    claim = keeping.claim;
    commits.push(keeping.commit);
  };
  for (const [n, trainPy] of files.entries()) await keep(n, trainPy);
  for (const [i, { trainPy, ...also }] of records.entries()) {
    const experiment = String(files.length + i).padStart(6, '0');
    const draft = draftLike({
      experiment,
      status: 'discard',
      reason: 'stale',
      valBpb: 1.95,
      seq: 50 + i,
      ...also,
    });
    const decision: Decision = { ...draft, commit: '9'.repeat(40) };
    await store.putIfAbsent(keys.attempt(lane.name, experiment, draft.attempts, 'train.py'), bytes(trainPy));
    await store.putIfAbsent(keys.record(lane.name, experiment), encode(decision));
  }
  const ports = { lane, store, frontier } as unknown as LanePorts;
  return { commits, tools: ports, keep, read: async () => Ledger.read(lane, store, await frontier.view()) };
}

describe('an idea', () => {
  it('on the tip stays as it is', async () => {
    const { commits, read } = await laneWith([file(1, 2, 3)]);
    const made = { ...idea(file(9, 2, 3)), base: commits[0]! };
    expect(carried(await read(), made)).toEqual(made);
  });

  it('on an older commit is merged onto the tip and belongs to it', async () => {
    const { commits, read } = await laneWith([file(1, 2, 3), file(1, 2, 7)]);
    const made = { ...idea(file(9, 2, 3)), base: commits[0]! };
    expect(carried(await read(), made)).toEqual({ ...made, base: commits[1], trainPy: file(9, 2, 7) });
  });

  it.each([
    ['conflicts with the tip', file(1, 2, 8)],
    ['is the tip by now', file(1, 2, 7)],
  ])('on an older commit that %s is dropped', async (_, trainPy) => {
    const { commits, read } = await laneWith([file(1, 2, 3), file(1, 2, 7)]);
    expect(carried(await read(), { ...idea(trainPy), base: commits[0]! })).toBe(null);
  });

  it('on a commit that the frontier does not have is dropped', async () => {
    const { read } = await laneWith([file(1, 2, 3)]);
    expect(carried(await read(), { ...idea(file(9, 2, 3)), base: 'f'.repeat(40) })).toBe(null);
  });

  it('that was proposed before is dropped', async () => {
    const { commits, read } = await laneWith([file(1, 2, 3)]);
    const ledger = await read();
    const again = { ...idea(file(9, 2, 3)), base: commits[0]! };
    ledger.proposed({ ...again, experiment: '000001', program: '', createdMs: 0 });
    expect(carried(ledger, again)).toBe(null);
  });
});

describe('a debt', () => {
  it('of a keep carries what it displaced onto it', async () => {
    const { commits, tools: ports, keep, read } = await laneWith([file(1, 2, 3), file(1, 2, 7)]);
    await keep(2, file(9, 2, 3), { base: commits[0]!, description: 'raise a' });
    const ledger = await read();
    const [owed, ...others] = ledger.owedMerges();
    expect(others).toEqual([]);
    expect(owed).toEqual({ of: '000002', base: commits[0], onto: commits[2], theirs: commits[1] });
    expect(await stacked(ports, ledger, owed!)).toMatchObject({
      source: 'stack',
      stackOf: '000002',
      base: commits[2],
      trainPy: file(9, 2, 7),
      description: 'stack of 000002: what 000002 displaced',
    });
  });

  it('of a stale discard carries its own file onto the tip of that time', async () => {
    const files = [file(1, 2, 3), file(1, 2, 7)];
    const { commits } = await laneWith(files);
    const stale = { base: commits[0]!, tip: commits[1]!, description: 'raise a', trainPy: file(9, 2, 3) };
    const { tools: ports, read } = await laneWith(files, [stale]);
    const ledger = await read();
    const [owed] = ledger.owedMerges();
    expect(owed).toEqual({ of: '000002', base: commits[0], onto: commits[1], theirs: null });
    expect(await stacked(ports, ledger, owed!)).toMatchObject({
      base: commits[1],
      trainPy: file(9, 2, 7),
      description: 'stack of 000002: raise a',
    });
  });

  it('whose merge conflicts is owed no more, and a restart says the same', async () => {
    const files = [file(1, 2, 3), file(1, 2, 7)];
    const { commits } = await laneWith(files);
    const stale = { base: commits[0]!, tip: commits[1]!, trainPy: file(1, 2, 8) };
    const { tools: ports, read } = await laneWith(files, [stale]);
    for (let restart = 0; restart < 2; restart++) {
      const ledger = await read();
      const [owed] = ledger.owedMerges();
      expect(await stacked(ports, ledger, owed!)).toBe(null);
      ledger.dropOwedMerge(owed!);
      expect(ledger.owedMerges()).toEqual([]);
    }
  });

  it('is paid once a stack of it has an id', async () => {
    const { commits, keep, read } = await laneWith([file(1, 2, 3), file(1, 2, 7)]);
    await keep(2, file(9, 2, 3), { base: commits[0]! });
    await keep(3, file(9, 2, 7), { base: commits[2]!, source: 'stack', stackOf: '000002' });
    expect((await read()).owedMerges()).toEqual([]);
  });

  it('is not owed by what was made on the tip, nor by a discard that was simply worse', async () => {
    const files = [file(1, 2, 3), file(1, 2, 7)];
    const { commits } = await laneWith(files);
    const worse = { base: commits[0]!, tip: commits[1]!, reason: 'worse', trainPy: file(9, 2, 3) };
    const { read } = await laneWith(files, [worse]);
    expect((await read()).owedMerges()).toEqual([]);
  });
});

describe('reading a lane', () => {
  it('takes no folder but an experiment for one', async () => {
    const { tools: ports, read } = await laneWith([file(1, 2, 3)]);
    await ports.store.put('main/experiments/lost-found/x', bytes('?'));
    await ports.store.put('main/experiments/000009', bytes('a file'));
    expect((await read()).nextId).toBe(1);
  });

  it('refuses a Record that it cannot understand, and says which', async () => {
    const { tools: ports, read } = await laneWith([file(1, 2, 3)]);
    await ports.store.put(keys.record('main', 1), bytes('{"experiment": "000001"}'));
    await expect(read()).rejects.toThrow(
      'the stored record of 000001 cannot be read; restore it from a copy',
    );
  });
});
