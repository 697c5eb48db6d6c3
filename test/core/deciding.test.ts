// Evidence: which seeds an experiment is measured on, and what its numbers there come to.
import { describe, expect, it } from 'vitest';
import { nextAttempts } from '../../controller/core/attempt.ts';
import { seedsOf } from '../../controller/core/deciding.ts';
import type { Source } from '../../controller/core/experiment.ts';
import type { Outcome } from '../../controller/core/outcome.ts';
import { type AttemptResult, judge, type Tip } from '../../controller/core/verdict.ts';
import { attempts, crashed, finished, lane, lost, openWith, standing } from './trials.ts';

const two = { ...lane, evidence: 2 };
const ON = seedsOf({ experiment: '000001', source: 'stack' }, two)!;
const OF_BASELINE = seedsOf({ experiment: '000000', source: 'builtin' }, two)!;
const tip = { ...standing(1), sigma: 0.01 };
/** Two standard errors of the difference of two means of two. */
const needs = 0.02;

/** Each on the seed at its place. */
function on(seeds: readonly number[], ...ends: Outcome[]): AttemptResult[] {
  return attempts(...ends).map((result, i) => ({ ...result, seed: seeds[i]! }));
}

interface Case {
  readonly name: string;
  readonly source?: Source;
  readonly results: readonly AttemptResult[];
  readonly baseBpb?: number;
  readonly baseScreen?: number;
  readonly tip?: Tip;
  /** `status reason` or `again cause`. */
  readonly says: string;
  readonly bpb?: number;
}

const own = (bpb: number) => attempts(finished(bpb));
const train = (...bpb: number[]) => ({
  source: 'stack' as const,
  results: on(ON, ...bpb.map((each) => finished(each))),
});

/** The file of all attempts is an older one of the frontier. */
const back = (...bpb: number[]) => ({
  ...train(...bpb),
  source: 'retract' as const,
  tip: { ...standing(1, ['a'.repeat(64), 'b'.repeat(64)]), sigma: 0.01 },
});

const cases: readonly Case[] = [
  { name: 'a gain on one seed boards', results: own(0.98), says: 'discard aboard', bpb: 0.98 },
  { name: 'however large it is', results: own(0.5), says: 'discard aboard' },
  { name: 'from one sigma on', results: own(0.99), says: 'discard aboard' },
  { name: 'a smaller gain is chance', results: own(0.9901), says: 'discard chance' },
  { name: 'no gain is none', results: own(1), says: 'discard equal' },
  { name: 'a loss is one', results: own(1.1), says: 'discard worse' },
  {
    name: 'it is compared on the seed that it was measured on',
    results: own(1.05),
    baseScreen: 1.1,
    says: 'discard aboard',
  },
  {
    name: 'and not with what other seeds say of the commit it was made on',
    results: own(0.95),
    baseScreen: 0.95,
    says: 'discard equal',
  },
  {
    name: 'where it is known how that seed differs, the luck of one number boards nothing',
    results: own(1.075),
    baseScreen: 1.12,
    tip: { ...tip, ownSeed: { above: 0.06, from: 1e9 } },
    says: 'discard chance',
  },
  {
    name: 'nor does it leave a gain behind',
    results: own(1.029),
    baseScreen: 1.02,
    tip: { ...tip, ownSeed: { above: 0.06, from: 1e9 } },
    says: 'discard aboard',
  },
  {
    name: 'what was made on an older commit boards for its gain on that',
    results: own(1.1),
    baseBpb: 1.2,
    says: 'discard aboard',
  },
  {
    name: 'where nothing tells the noise every gain boards',
    results: own(0.999999),
    tip: standing(1),
    says: 'discard aboard',
  },
  { name: 'a way back is measured on', ...back(1.2), says: 'again decide' },
  {
    name: 'and kept for what all its seeds but the own one say, whatever that is',
    ...back(0.5, 1.3, 1.4),
    says: 'keep retracted',
    bpb: 1.35,
  },
  {
    name: 'unless it crashes on one of them',
    source: 'retract',
    results: on(ON, finished(1), crashed('nan'), finished(1)),
    tip: back(1).tip,
    says: 'discard unconfirmed',
  },
  {
    name: 'a gain on a commit that was retracted is one on the seed that it was measured on',
    results: own(1.05),
    baseScreen: 1.1,
    tip: { ...standing(1, [], ['b']), sigma: 0.01 },
    says: 'discard stale',
  },
  {
    name: 'and a loss on that is none for what other seeds say of the commit',
    results: own(0.95),
    baseScreen: 0.9,
    tip: { ...standing(1, [], ['b']), sigma: 0.01 },
    says: 'discard worse',
  },
  {
    name: 'a train on it is better by what all its seeds but the own one say of both',
    ...train(2.5, 2.46, 2.46),
    baseBpb: 2.48,
    baseScreen: 2.52,
    tip: { ...standing(2.6, [], ['b']), sigma: 0.002, ownSeed: { above: 0.04, from: 4 } },
    says: 'discard stale',
    bpb: 2.46,
  },
  {
    name: 'which is not said before all of them have said it',
    ...train(2.53),
    baseBpb: 2.48,
    baseScreen: 2.52,
    tip: { ...standing(2.6, [], ['b']), sigma: 0.002, ownSeed: { above: 0.04, from: 4 } },
    says: 'again decide',
  },
  { name: 'a train is measured on', ...train(0.9), says: 'again decide' },
  { name: 'until each seed has a number', ...train(0.9, 0.9), says: 'again decide' },
  {
    name: 'a train by more than chance below the frontier keeps',
    ...train(1.5, 0.97, 0.98),
    says: 'keep better',
    bpb: 0.975,
  },
  { name: 'from exactly that on', ...train(1, 0.98, 0.98), says: 'keep better', bpb: 1 - needs },
  { name: 'a train by less below it boards as one gain', ...train(0.5, 0.981, 0.98), says: 'discard aboard' },
  { name: 'the own seed of the lane decides nothing', ...train(0.5, 1, 1), says: 'discard worse', bpb: 1 },
  {
    name: 'a train that the frontier moved past is stale',
    ...train(1.1, 1.1, 1.1),
    baseBpb: 1.2,
    says: 'discard stale',
  },
  {
    name: 'but not for a gain that chance explains',
    ...train(1.1, 1.1, 1.1),
    baseBpb: 1.11,
    says: 'discard worse',
  },
  {
    name: 'without noise it must be lower all the same',
    ...train(1, 1, 1),
    tip: standing(1),
    says: 'discard worse',
  },
  {
    name: 'a train whose file crashes on its first seed is a crash',
    source: 'stack',
    results: on(ON, crashed('oom'), finished(0.9), finished(0.9)),
    says: 'crash oom',
  },
  {
    name: 'on another one it is not confirmed',
    source: 'stack',
    results: on(ON, finished(0.9), crashed('nan'), finished(0.9)),
    says: 'discard unconfirmed',
  },
  {
    name: 'three that are lost side by side are one loss of each seed',
    source: 'stack',
    results: on(ON, lost('gone'), lost('gone'), lost('gone')),
    says: 'again lost',
  },
  {
    name: 'one seed that is lost three times is lost',
    source: 'stack',
    results: on(
      [ON[0]!, ON[1]!, ON[2]!, ON[1]!, ON[1]!],
      finished(1),
      lost('gone'),
      finished(1),
      lost('gone'),
      lost('gone'),
    ),
    says: 'crash lost',
  },
];

describe('judge, under evidence', () => {
  it.each(cases)('$name', (c) => {
    const { source = 'builtin', baseBpb = 1, baseScreen } = c;
    const trial = {
      experiment: '000001',
      source,
      base: 'b',
      baseBpb,
      baseScreen,
      results: c.results,
      unfixable: false,
    };
    const said = judge(trial, c.tip ?? tip, two);
    expect(said.kind === 'verdict' ? `${said.status} ${said.reason}` : `again ${said.cause}`).toBe(c.says);
    if (c.bpb !== undefined) expect(said).toMatchObject({ valBpb: c.bpb });
  });

  const ofBaseline = (results: readonly AttemptResult[]) =>
    judge(
      { experiment: '000000', source: 'builtin', base: null, baseBpb: null, results, unfixable: true },
      null,
      two,
    );
  const all = OF_BASELINE.map((_, i) => finished(1 + i / 100));

  it('keeps a baseline for its mean on the seeds that decide', () => {
    expect(ofBaseline(on(OF_BASELINE, ...all))).toMatchObject({ status: 'keep', valBpb: 1.015 });
    expect(ofBaseline(on(OF_BASELINE, ...all.slice(1)))).toMatchObject({ cause: 'decide' });
  });

  it('asks a seed of the baseline again after one crash, and gives up after two', () => {
    const once = on(OF_BASELINE, ...all.with(3, crashed('oom')));
    expect(ofBaseline(once)).toMatchObject({ kind: 'retry' });
    expect(nextAttempts(openWith('000000', once), two)).toMatchObject([{ n: 9, seed: OF_BASELINE[3] }]);
    const twice = on(OF_BASELINE, ...all.with(3, crashed('oom')).with(6, crashed('oom')));
    expect(ofBaseline(twice)).toMatchObject({ status: 'crash', error: 'oom' });
  });

  it('takes no baseline whose own runs were made under different conditions', () => {
    const mixed = on(OF_BASELINE, ...all.with(7, finished(1, { gpu: 'another card' })));
    expect(ofBaseline(mixed)).toMatchObject({ status: 'crash', error: 'conditions' });
  });
});

describe('attempts, under evidence', () => {
  const stack = (...results: AttemptResult[]) => {
    const open = openWith('000001', results);
    return {
      ...open,
      unfixable: true,
      proposal: { ...open.proposal, source: 'stack' as const, stackOf: ['000007'] },
    };
  };
  const named = (results: readonly AttemptResult[] = []) =>
    nextAttempts(stack(...results), two).map(({ n, cause, seed }) => `${n} ${cause} ${ON.indexOf(seed)}`);

  it('of a train may all run side by side', () => {
    expect(named()).toEqual(['1 first 0', '2 decide 1', '3 decide 2']);
    expect(named(on(ON, finished(1)))).toEqual(['2 decide 1', '3 decide 2']);
  });

  it('have the same seeds however those before them end', () => {
    expect(named(on(ON, lost('gone')))).toEqual(['2 decide 1', '3 decide 2']);
    expect(named(on(ON, lost('gone'), finished(1), lost('gone')))).toEqual(['4 lost 0']);
    expect(named(on([...ON, ON[0]!], lost('gone'), finished(1), lost('gone'), finished(1)))).toEqual([
      '5 lost 2',
    ]);
  });

  it('of an idea are those of any lane', () => {
    expect(nextAttempts(openWith('000001'), two)).toEqual(nextAttempts(openWith('000001'), lane));
    expect(ON[0]).toBe(lane.seed);
  });

  it('have seeds that are all different, and the first of them are those of the baseline', () => {
    expect(OF_BASELINE.slice(0, 3)).toEqual(ON);
    expect(new Set(OF_BASELINE).size).toBe(8);
  });
});
