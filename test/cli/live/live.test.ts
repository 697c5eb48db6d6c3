// The text of a running lane: what fits, what counts, what it says at the end.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { duration, fit, joined, sparkline } from '../../../controller/cli/live/figures.ts';
import { gain, LaneView } from '../../../controller/cli/live/lane-view.ts';
import { Screen } from '../../../controller/cli/screen.ts';
import type { LaneEvent } from '../../../controller/loop/observer.ts';
import { aDecision, aWorld } from './lane.ts';

const began = (frontier: number[]): LaneEvent => ({
  ...{ kind: 'began', epoch: 1, decided: frontier.length, open: 0, adopted: 0 },
  frontier,
});
const view = (used: number | null = null) => new LaneView('main', () => used, 0);

describe('figures', () => {
  test.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['日本語', 6, '日本語'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['e\u0301a\u0301b', 3, 'e\u0301a\u0301b'],
    ['🚀🚀', 3, '🚀…'],
  ])('%s in %i columns', (text, columns, shown) => {
    expect(fit(text, columns)).toBe(shown);
  });

  test.each([
    [20, 'one · two · three'],
    [12, 'one · two'],
    [3, 'one'],
    [2, 'o…'],
  ])('the most important parts stay in %i columns', (columns, line) => {
    expect(joined(['one', 'two', 'three'], columns)).toBe(line);
  });

  test.each([
    [9_400, '9 s'],
    [192_000, '3 min 12 s'],
    [7_500_000, '2 h 5 min'],
  ])('%i ms are %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  test('a curve falls, and one value is none', () => {
    expect(sparkline([3, 2, 1])).toBe('█▅▁');
    expect(sparkline([3])).toBe('');
    expect(sparkline(Array.from({ length: 40 }, (_, i) => 40 - i))).toHaveLength(16);
  });

  test('a gain has its sign, and none without a number', () => {
    expect(gain({ valBpb: 1, baseBpb: 2 })).toBe('(-1.000000)');
    expect(gain({ valBpb: 2, baseBpb: 1 })).toBe('(+1.000000)');
    expect(gain({ valBpb: null, baseBpb: 1 })).toBe('');
  });
});

describe('the status of a lane', () => {
  test('has the curve of before it was started again', () => {
    const lane = view();
    lane.isNew(began([3, 2.5, 2]));
    lane.world = aWorld({ decided: 8, best: 2 });
    expect(lane.parts(1000)).toEqual(['7 done · deciding', 'best 2.000000 █▅▁', '2 kept', '1 s']);
  });

  test('counts beyond the baseline, up to the tighter cap', () => {
    const lane = view();
    lane.world = aWorld({ decided: 13, experiments: 24 });
    expect(lane.parts(0)[0]).toBe('12 of 24 · deciding');
    lane.world = aWorld({ decided: 13, experiments: 24, byHand: 20 });
    expect(lane.parts(0)[0]).toBe('12 of 20 · deciding');
    lane.world = aWorld({ decided: 0, experiments: 24 });
    expect(lane.parts(0)[0]).toBe('0 of 24 · deciding');
  });

  test.each([
    ['training', 0.432, '000001 43 % of 5 s'],
    ['training', null, '000001 training'],
    ['evaluating', 0.99, '000001 evaluating'],
    ['starting', null, '000001 starting'],
  ])('of a run that is %s at %s tells how much of the budget is used', (phase, used, words) => {
    const lane = view(used);
    lane.world = aWorld({ decided: 1, phase });
    expect(lane.parts(0)[0]).toBe(`0 done · ${words}`);
  });

  test('tells the pace once there is one', () => {
    const lane = view();
    lane.world = aWorld({ decided: 1 });
    for (const id of ['000001', '000002'])
      lane.isNew({ kind: 'decided', decision: aDecision(id, 'discard', 3) });
    expect(lane.parts(36_000).at(-1)).toBe('200 an hour');
  });
});

describe('the end of a lane', () => {
  const asked = { reason: 'asked', sentence: 'stopped as asked; run it again to go on' } as const;

  test.each([
    ['a run that goes on without it', 'training', true, ' (its run goes on meanwhile)'],
    ['none', undefined, true, ''],
    ['a run that is stopped with it', 'training', false, ''],
  ])('that a person stopped tells of %s', (_, phase, leaves, told) => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    onTestFinished(() => write.mockRestore());
    const screen = new Screen({ output: 'table', named: false, plain: true });
    screen.lane('main').turn?.(aWorld({ decided: 1, ...(phase && { phase }) }));
    screen.conclude('main', asked, leaves);
    expect(write.mock.calls).toEqual([[`${asked.sentence}${told}\n`]]);
  });

  const ended = (spentUsd: number, ...decided: ['keep' | 'discard' | 'crash', number | null][]) => {
    const lane = view();
    lane.isNew(began([3]));
    decided.forEach(([status, bpb], i) => {
      lane.isNew({ kind: 'decided', decision: aDecision(`00000${i + 1}`, status, bpb) });
    });
    lane.world = aWorld({ decided: 1 + decided.length, spentUsd });
    return lane.closing(65_000);
  };

  test('says from where to where, how many, how long and for how much', () => {
    expect(ended(1.5, ['keep', 2.5], ['crash', null], ['keep', 2.25], ['discard', 2.5])).toBe(
      'baseline 3.000000, best 2.250000 (-0.750000), 2 kept; 4 tried in 1 min 5 s, 1.50 USD',
    );
  });

  test('says that nothing was kept', () => {
    expect(ended(0, ['discard', 4])).toBe('baseline 3.000000, nothing kept yet; 1 tried in 1 min 5 s');
  });

  test('says nothing where there is no baseline', () => {
    expect(view().closing(0)).toBeNull();
  });
});
