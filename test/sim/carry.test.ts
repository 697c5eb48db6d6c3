// Ideas and gains made on an older frontier, carried onto the tip.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision, Draft } from '../../controller/core/decision.ts';
import { keys } from '../../controller/core/keys.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { carried, stacked } from '../../controller/loop/allocate.ts';
import type { LanePorts } from '../../controller/loop/context.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { OwedMerges, owedAgainBy, owedBy } from '../../controller/loop/owed-merges.ts';
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
  return { commits, ports, keep, read: async () => Ledger.read(lane, store, await frontier.view()) };
}

/** Two commits that differ in c, and Records of what was made on the first one, each better than that. */
async function behind(records: readonly (Partial<Draft> & { trainPy: string })[]) {
  const files = [file(1, 2, 3), file(1, 2, 7)];
  const { commits } = await laneWith(files);
  const made = { base: commits[0]!, baseBpb: 2, tip: commits[1]! };
  return laneWith(
    files,
    records.map((record) => ({ ...made, ...record })),
  );
}

function decisionOn(experiment: string, also: Partial<Decision>): Decision {
  const draft = draftLike({ experiment, status: 'discard', reason: 'worse', source: 'stack', valBpb: 1.95 });
  return { ...draft, commit: '9'.repeat(40), ...also };
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

describe('an owed gain', () => {
  it('of a keep is what that displaced, carried onto the tip', async () => {
    const { commits, ports, keep, read } = await laneWith([file(1, 2, 3), file(1, 2, 7)]);
    await keep(2, file(9, 2, 3), { base: commits[0]!, description: 'raise a' });
    const ledger = await read();
    expect(ledger.owed.get('000002')).toMatchObject({ base: commits[0], theirs: commits[1] });
    expect(ledger.owed.due()).toEqual([['000002']]);
    expect(await stacked(ports, ledger, ['000002'])).toMatchObject({
      source: 'stack',
      stackOf: ['000002'],
      base: commits[2],
      trainPy: file(9, 2, 7),
      description: 'stack of 000002: double the batch',
    });
  });

  it('of several ideas is not told in the words of one, alone or beside others', async () => {
    const { commits, ports, keep, read } = await laneWith([file(1, 2, 3), file(1, 2, 7), file(1, 5, 7)]);
    await keep(3, file(9, 2, 3), { base: commits[0]!, baseBpb: 2 });
    const ledger = await read();
    expect((await stacked(ports, ledger, ['000003']))!.description).toBe(
      'stack of 000003: what 000003 displaced',
    );
    ledger.decided(
      decisionOn('000004', { base: commits[3]!, baseBpb: 2, tip: 'c'.repeat(40), reason: 'stale' }),
    );
    await ports.store.put(keys.attempt(lane.name, '000004', 1, 'train.py'), bytes(file(6, 2, 3)));
    expect((await stacked(ports, ledger, ['000003', '000004']))!.description).toBe(
      'stack of 000003 and 1 more: 2 gains in one file',
    );
  });

  it('of a stale discard is its own file, carried onto the tip as it is now', async () => {
    const { ports, keep, commits, read } = await behind([{ trainPy: file(9, 2, 3), description: 'raise a' }]);
    await keep(3, file(1, 5, 7));
    const ledger = await read();
    expect(ledger.owed.due()).toEqual([['000002']]);
    expect(await stacked(ports, ledger, ['000002'])).toMatchObject({
      base: commits[2],
      trainPy: file(9, 5, 7),
      description: 'stack of 000002: raise a',
    });
  });

  it('that conflicts with the tip waits for another one, and a restart says the same', async () => {
    const { ports, keep, read } = await behind([{ trainPy: file(1, 2, 8) }]);
    for (let restart = 0; restart < 2; restart++) {
      const ledger = await read();
      expect(await stacked(ports, ledger, ledger.owed.due()[0]!)).toBe(null);
      ledger.owed.wait(['000002']);
      expect(ledger.owed.due()).toEqual([]);
    }
    await keep(3, file(1, 5, 3));
    const ledger = await read();
    expect(await stacked(ports, ledger, ledger.owed.due()[0]!)).toMatchObject({ trainPy: file(1, 5, 8) });
  });

  it('that the tip has by now is nothing to measure', async () => {
    const { ports, keep, read } = await behind([{ trainPy: file(9, 2, 3) }]);
    await keep(3, file(9, 2, 7), { source: 'human' });
    const ledger = await read();
    expect(ledger.owed.due()).toEqual([['000002']]);
    expect(await stacked(ports, ledger, ['000002'])).toBe(null);
  });

  it('that waits for the verdict on its very file is tried where the machine lost that', async () => {
    const { ports, commits, read } = await behind([{ trainPy: file(9, 2, 3) }]);
    const ledger = await read();
    const same = { ...idea(file(9, 2, 7)), base: commits[1]!, source: 'human' as const };
    ledger.proposed({ ...same, experiment: '000003', program: '', createdMs: 0 });
    expect(await stacked(ports, ledger, ['000002'])).toBe(null);
    ledger.owed.wait(['000002']);
    expect(ledger.owed.due()).toEqual([]);
    const gone = draftLike({ experiment: '000003', status: 'crash', error: 'lost:gone', valBpb: null });
    ledger.decided({ ...gone, commit: '9'.repeat(40) });
    expect(ledger.owed.due()).toEqual([['000002']]);
    expect(await stacked(ports, ledger, ['000002'])).toMatchObject({ trainPy: file(9, 2, 7) });
  });

  it('rides no more once a stack of it has an id', async () => {
    const { commits, keep, read } = await laneWith([file(1, 2, 3), file(1, 2, 7)]);
    await keep(2, file(9, 2, 3), { base: commits[0]! });
    await keep(3, file(9, 2, 7), { base: commits[2]!, source: 'stack', stackOf: ['000002'] });
    expect((await read()).owed.due()).toEqual([]);
  });

  it('is none where it was made on the tip, nor where it was simply worse', async () => {
    const { read } = await behind([{ reason: 'worse', trainPy: file(9, 2, 3) }]);
    expect((await read()).owed.due()).toEqual([]);
  });
});

describe('a train', () => {
  const [a, b, c] = [file(9, 2, 3), file(1, 8, 3), file(1, 2, 5)];
  const gains = [
    { trainPy: a, valBpb: 1.97, description: 'raise a: it may help' },
    { trainPy: b, valBpb: 1.93, description: 'raise b' },
  ];

  it('takes all that is owed in one file, the largest gain first', async () => {
    const { ports, commits, read } = await behind(gains);
    const ledger = await read();
    expect(ledger.owed.due()).toEqual([['000002', '000003']]);
    expect(await stacked(ports, ledger, ['000002', '000003'])).toMatchObject({
      base: commits[1],
      trainPy: file(9, 8, 7),
      stackOf: ['000003', '000002'],
      description: 'stack of 000003 and 1 more: raise b, raise a',
    });
  });

  it('leaves behind what conflicts with a larger gain or with the tip; the rest of them waits for the next one', async () => {
    const { ports, read } = await behind([
      ...gains,
      { trainPy: c, valBpb: 1.91 },
      { trainPy: file(6, 2, 3), valBpb: 1.95 },
    ]);
    const ledger = await read();
    const train = await stacked(ports, ledger, ledger.owed.due()[0]!);
    expect(train).toMatchObject({ trainPy: file(6, 8, 7), stackOf: ['000003', '000005'] });
    ledger.proposed({ ...train!, experiment: '000006', program: '', createdMs: 0 });
    expect(ledger.owed.due()).toEqual([]);
    ledger.decided(
      decisionOn('000006', {
        stackOf: train!.stackOf,
        base: train!.base,
        tip: 'c'.repeat(40),
        reason: 'stale',
      }),
    );
    expect(ledger.owed.due()).toEqual([['000002', '000004', '000006']]);
  });

  it('takes the 32 largest of many; the others wait for the next one', async () => {
    const many = 40;
    const rows = (changed: number) =>
      Array.from({ length: many }, (_, i) => `x${i} = ${i === changed ? 1 : 0}\n\n`).join('');
    const files = [rows(-1), `${rows(-1)}y = 1\n`];
    const { commits } = await laneWith(files);
    // The later, the larger.
    const records = Array.from({ length: many }, (_, i) => ({
      ...{ base: commits[0]!, baseBpb: 2, tip: commits[1]! },
      trainPy: rows(i),
      valBpb: 1.99 - i / 1000,
    }));
    const { ports, read } = await laneWith(files, records);
    const ledger = await read();
    const owed = ledger.owed.due()[0]!;
    const train = await stacked(ports, ledger, owed);
    expect(train!.stackOf).toEqual(owed.slice(-32).reverse());
    ledger.proposed({ ...train!, experiment: '000099', program: '', createdMs: 0 });
    ledger.decided(decisionOn('000099', { stackOf: train!.stackOf, base: train!.base, reason: 'identical' }));
    expect(ledger.owed.due()).toEqual([owed.slice(0, 8)]);
  });

  it('that is told in more words than a row has room for is told by how many they are', async () => {
    const long = gains.map((gain, i) => ({ ...gain, description: `${i}`.repeat(300) }));
    const { ports, read } = await behind(long);
    expect((await stacked(ports, await read(), ['000002', '000003']))!.description).toBe(
      'stack of 000003 and 1 more: 2 gains in one file',
    );
  });

  const four = ['000001', '000002', '000003', '000004'];

  it.each<[string, Partial<Decision>, string[][]]>([
    ['is worse', { reason: 'worse' }, [four.slice(0, 2), four.slice(2)]],
    [
      'crashes',
      { status: 'crash', reason: 'oom', error: 'oom', valBpb: null },
      [four.slice(0, 2), four.slice(2)],
    ],
    ['is lost', { status: 'crash', reason: 'lost', error: 'lost:gone', valBpb: null }, [four]],
    ['was measured under other Conditions', { reason: 'conditions' }, [four]],
    ['is kept', { status: 'keep', reason: 'better' }, []],
    ['is stale', { reason: 'stale' }, []],
    ['is on the frontier already', { reason: 'identical' }, []],
  ])('of four that %s owes again: %j', (_, also, halves) => {
    expect(owedAgainBy(decisionOn('000005', { stackOf: four, ...also }))).toEqual(halves);
  });

  it('of one that is worse owes nothing again, and of three the larger part comes first', () => {
    expect(owedAgainBy(decisionOn('000005', { stackOf: ['000001'], reason: 'worse' }))).toEqual([]);
    expect(owedAgainBy(decisionOn('000005', { stackOf: four.slice(1), reason: 'worse' }))).toEqual([
      ['000002', '000003'],
      ['000004'],
    ]);
  });

  it('that is stale is owed as one gain', () => {
    const stale = { stackOf: four, reason: 'stale', base: 'b'.repeat(40), tip: 'c'.repeat(40) };
    expect(owedBy(decisionOn('000005', stale))).toMatchObject({ base: stale.base, theirs: null });
  });

  it('that failed runs its halves at once, beside the train that collects; a part of a half that is left behind stays owed', () => {
    const owed = new OwedMerges();
    owed.proposed('000005', four);
    owed.decided(decisionOn('000005', { stackOf: four, reason: 'worse' }));
    expect(owed.due()).toEqual([four.slice(0, 2), four.slice(2)]);
    owed.proposed('000006', ['000007']);
    expect(owed.due()).toEqual([four.slice(0, 2), four.slice(2)]);
    owed.proposed('000008', ['000002']);
    expect(owed.due()).toEqual([['000001'], four.slice(2)]);
    owed.proposed('000009', four.slice(2));
    owed.decided(decisionOn('000009', { stackOf: four.slice(2), reason: 'worse' }));
    expect(owed.due()).toEqual([['000001'], ['000003'], ['000004']]);
  });

  it('within chance rides again as one gain beside others, and not alone on the commit that it was measured on', async () => {
    const files = [file(1, 2, 3)];
    const { commits } = await laneWith(files);
    const made = { base: commits[0]!, baseBpb: 2, tip: commits[0]!, reason: 'aboard' };
    const train = { source: 'stack', stackOf: ['000009'], screenBpb: 1.97, measured: [1.97, 1.97] } as const;
    const shas = { trainSha256: sha256Hex(a), proposedSha256: sha256Hex(a) };
    const alone = await laneWith(files, [{ ...made, ...train, ...shas, trainPy: a, valBpb: 1.97 }]);
    const ledger = await alone.read();
    expect(ledger.owed.due()).toEqual([['000001']]);
    expect(ledger.owed.gainOf('000001')).toBeCloseTo(0.03);
    expect(await stacked(alone.ports, ledger, ['000001'])).toBe(null);
    ledger.decided(decisionOn('000002', { ...made, source: 'builtin', stackOf: null }));
    await alone.ports.store.put(keys.attempt(lane.name, '000002', 1, 'train.py'), bytes(b));
    const units = ledger.owed.due()[0]!;
    expect(units).toEqual(['000001', '000002']);
    expect(await stacked(alone.ports, ledger, units)).toMatchObject({ trainPy: file(9, 8, 3) });
    await alone.keep(3, file(1, 2, 7));
    expect(await stacked(alone.ports, await alone.read(), ['000001'])).toMatchObject({
      trainPy: file(9, 2, 7),
    });
  });

  it('owes the same in whatever order Decisions and proposals are read', () => {
    const one = { stackOf: null, reason: 'stale', base: 'b'.repeat(40), tip: 'c'.repeat(40) };
    const read = [
      ...four.map((id) => (owed: OwedMerges) => owed.decided(decisionOn(id, one))),
      (owed: OwedMerges) => owed.decided(decisionOn('000005', { stackOf: four, reason: 'worse' })),
      (owed: OwedMerges) => owed.proposed('000006', four.slice(0, 2)),
      (owed: OwedMerges) => owed.decided(decisionOn('000007', one)),
      (owed: OwedMerges) => owed.proposed('000008', ['000007']),
      (owed: OwedMerges) => owed.decided(decisionOn('000009', one)),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(read, { minLength: read.length }), (order) => {
        const owed = new OwedMerges();
        for (const take of order) take(owed);
        expect(owed.due()).toEqual([four.slice(2)]);
      }),
    );
  });
});

describe('reading a lane', () => {
  it('takes no folder but an experiment for one', async () => {
    const { ports, read } = await laneWith([file(1, 2, 3)]);
    await ports.store.put('main/experiments/lost-found/x', bytes('?'));
    await ports.store.put('main/experiments/000009', bytes('a file'));
    expect((await read()).nextId).toBe(1);
  });

  it('refuses a Record that it cannot understand, and says which', async () => {
    const { ports, read } = await laneWith([file(1, 2, 3)]);
    await ports.store.put(keys.record('main', 1), bytes('{"experiment": "000001"}'));
    await expect(read()).rejects.toThrow(
      'main/experiments/000001/record.json in the store cannot be read; delete it, and the experiment is judged anew',
    );
  });
});
