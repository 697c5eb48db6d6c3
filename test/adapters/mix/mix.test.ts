// Several proposers as one: shares, standing in, and ideas that are not had twice.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { MixedProposer, turnOf } from '../../../controller/adapters/mix.ts';
import type { Brief } from '../../../controller/brief.ts';
import type { Idea } from '../../../controller/core/idea.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import type { Proposed, Proposer } from '../../../controller/ports.ts';
import { proposerSchema } from '../../../controller/settings/proposer.ts';
import { proposerConforms } from '../../contract/proposer.ts';
import { credulous, freshIdea, KNOBS_PY, playLane } from '../../messages/lane.ts';
import { briefOn, never, rigOn } from '../../messages/rig.ts';

const knobs = briefOn({ trainPy: KNOBS_PY, tried: [sha256Hex(KNOBS_PY)] });

test('at no time has anybody had more or less than the share, but for one idea', () => {
  const shares = fc.array(fc.double({ min: 0.05, max: 1, noNaN: true }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(shares, fc.integer({ min: 1, max: 200 }), (of, n) => {
      const sum = of.reduce((a, b) => a + b, 0);
      const had = of.map(() => 0);
      for (let i = 1; i <= n; i++) had[turnOf(i, of)]!++;
      for (const [k, share] of of.entries())
        if (Math.abs(had[k]! - (share / sum) * n) >= of.length - 1 + 1e-6) return false;
      return true;
    }),
    { numRuns: 200, seed: 7 },
  );
  const ten = Array.from({ length: 10 }, (_, i) => turnOf(i + 1, [0.3, 0.7]));
  expect(ten.filter((k) => k === 0)).toHaveLength(3);
  expect(ten).toEqual(Array.from({ length: 10 }, (_, i) => turnOf(i + 1, [3, 7])));
});

/** Has ideas by its name, or says what it is told to. */
class Named implements Proposer {
  asked = 0;
  readonly #name: string;
  readonly #none: Proposed | null;
  constructor(name: string, none: Proposed | null = null) {
    this.#name = name;
    this.#none = none;
  }
  async propose({ tip }: Brief, count: number): Promise<Proposed> {
    this.asked++;
    if (this.#none) return this.#none;
    const ideas = Array.from({ length: count }, (_, i): Idea => {
      const trainPy = `${this.#name} ${this.asked} ${i}`;
      return {
        description: this.#name,
        hypothesis: '',
        source: 'builtin',
        base: tip,
        trainPy,
        stackOf: null,
      };
    });
    return { kind: 'ideas', ideas };
  }
  async fix(): Promise<string | null> {
    return this.#none ? null : this.#name;
  }
}

const part = (proposer: Proposer, share: number, instant = false) => ({ proposer, share, instant });
const names = (proposed: Proposed) =>
  proposed.kind === 'ideas' ? proposed.ideas.map(({ description }) => description) : proposed;
const ended: Proposed = { kind: 'none', sentence: 'it is over; do this', retry: false, why: 'limit' };
const later: Proposed = { kind: 'none', sentence: 'not now; wait', retry: true, afterMs: 9 };

describe('of several proposers', () => {
  test('each has its share, whether ideas are asked for together or one by one', async () => {
    const mix = () => new MixedProposer([part(new Named('a'), 0.3), part(new Named('b'), 0.7)], () => {});
    const together = names(await mix().propose(knobs, 10, never)) as string[];
    expect(together.filter((name) => name === 'a')).toHaveLength(3);
    const one = mix();
    const single: unknown[] = [];
    for (let next = 1; next <= 10; next++)
      single.push(...(names(await one.propose({ ...knobs, next }, 1, never)) as string[]));
    expect([...single].sort()).toEqual([...together].sort());
  });

  test('a restart goes on where it was', async () => {
    const mix = new MixedProposer([part(new Named('a'), 1), part(new Named('b'), 1)], () => {});
    const [first, second] = [
      await mix.propose(knobs, 1, never),
      await mix.propose({ ...knobs, next: 2 }, 1, never),
    ];
    const again = new MixedProposer([part(new Named('a'), 1), part(new Named('b'), 1)], () => {});
    expect(names(await again.propose({ ...knobs, next: 2 }, 1, never))).toEqual(names(second));
    expect(names(first)).not.toEqual(names(second));
  });

  test.each([
    ['for good', ended],
    ['for now', later],
  ])('the others stand in for one that has none %s, and a person hears why', async (_, none) => {
    const told: string[] = [];
    const mix = new MixedProposer([part(new Named('a', none), 0.5), part(new Named('b'), 0.5)], (s) =>
      told.push(s),
    );
    expect(names(await mix.propose(knobs, 4, never))).toEqual(['b', 'b', 'b', 'b']);
    expect(told).toEqual([`others have the ideas meanwhile: ${none.kind === 'none' && none.sentence}`]);
    expect(
      await mix.fix({ experiment: '1', description: '', trainPy: '', reason: '', tail: '' }, never),
    ).toBe('b');
  });

  test('one without a share is asked only where another has none', async () => {
    const spare = new Named('spare');
    const mix = new MixedProposer([part(new Named('a'), 1), part(spare, 0)], () => {});
    await mix.propose(knobs, 8, never);
    expect(spare.asked).toBe(0);
  });

  test('where nobody has any it is asked again, if that helps anybody, and ends otherwise', async () => {
    const both = (a: Proposed, b: Proposed) =>
      new MixedProposer([part(new Named('a', a), 1), part(new Named('b', b), 1)], () => {}).propose(
        knobs,
        2,
        never,
      );
    expect(await both(ended, later)).toEqual(later);
    expect(await both(ended, { ...ended, sentence: 'x; y' })).toEqual(ended);
  });

  test('those that only compute have no idea twice, though requests overlap', async () => {
    const mix = new MixedProposer([part(proposerOf('builtin'), 1, true), part(new Named('b'), 0)], () => {});
    const all = await Promise.all([1, 2, 3, 4].map(() => mix.propose(knobs, 2, never)));
    const files = all.flatMap((one) => (one.kind === 'ideas' ? one.ideas.map(({ trainPy }) => trainPy) : []));
    expect(files).toHaveLength(8);
    expect(new Set(files).size).toBe(8);
  });
});

test('a lane with Claude for three in ten has them so, and goes on without it at its cap', async () => {
  const play = async (maxUsd: number) => {
    const rig = await rigOn(freshIdea, { reader: credulous, patient: (time) => time.clock, maxUsd });
    await using _rig = rig;
    const proposer = new MixedProposer(
      [part(rig.proposer, 0.3), part(proposerOf('builtin'), 0.7, true)],
      () => {},
    );
    const limits = { experiments: 20, gpuHours: null, usd: maxUsd };
    const { stop, happened } = await playLane({ ...rig, proposer }, { width: 2, freeIdeas: true, limits });
    const sources = happened.flatMap((one) => (one.kind === 'decided' ? [one.decision.source] : [])).slice(1);
    expect(stop.sentence).toMatch(/^20 experiments/);
    return sources.filter((source) => source === 'anthropic').length;
  };
  const rich = await play(1000);
  expect(rich).toBeGreaterThanOrEqual(4);
  expect(rich).toBeLessThanOrEqual(7);
  expect(await play(0.05)).toBeLessThan(4);
});

proposerConforms(
  'a mix',
  async () => ({
    open: () =>
      new MixedProposer(
        [part(proposerOf('random'), 1, true), part(proposerOf('builtin'), 1, true)],
        () => {},
      ),
    close: async () => {},
  }),
  { brief: knobs },
);

test.each<[string, object, RegExp | null]>([
  ['Claude and the built-in one', { mix: { anthropic: 0.3, builtin: 0.7 }, maxUsd: 5 }, null],
  ['free ones', { mix: { random: 1, builtin: 1 } }, null],
  ['a free model of one’s own', { mix: { openai: 1, builtin: 1 }, openai: { model: 'm', prices: 0 } }, null],
  ['Claude without a cap', { mix: { anthropic: 0.3, builtin: 0.7 } }, /say how much at most/],
  [
    'a command that costs without a cap',
    { mix: { command: 1, builtin: 1 }, command: { command: 'x', usdPerCall: 1 } },
    /say how much/,
  ],
  ['one alone', { mix: { builtin: 1 } }, /at least two/],
  ['a share of nothing', { mix: { builtin: 1, random: 0 } }, /Too small/],
  ['somebody unknown', { mix: { builtin: 1, nobody: 1 } }, /nobody/],
])('a mix of %s is read, or refused with the reason', (_, setting, words) => {
  const read = proposerSchema.safeParse(setting);
  if (words === null) expect(read.error).toBeUndefined();
  else expect(read.error!.issues[0]!.message).toMatch(words);
});
