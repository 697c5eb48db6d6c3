// What kind of idea is asked for: every kind in its turn, more of what pays, bolder on a plateau.
import { describe, expect, test } from 'vitest';
import type { PastExperiment } from '../../controller/brief.ts';
import { type IdeaKind, ideaKinds } from '../../controller/core/experiment.ts';
import { nextKind } from '../../controller/llm/idea-kinds.ts';

function row(n: number, kind: IdeaKind | undefined, change: Partial<PastExperiment> = {}): PastExperiment {
  const experiment = String(n).padStart(6, '0');
  const fate = { status: 'discard', valBpb: 2.502, baseBpb: 2.5, reason: 'worse', error: '' } as const;
  return { experiment, description: `d${n}`, source: 'anthropic', ...fate, kind, ...change };
}
const baseline = row(0, undefined, { status: 'keep', valBpb: 2.5, baseBpb: null });
const gain = row(1, undefined, { status: 'keep', valBpb: 2.4 });
const started = [baseline, gain, row(2, undefined), row(3, undefined)];

/** Kinds of the next ideas, so many asked for at a time; `kept`: whether one of a kind is kept. */
function asked(rounds: number, width: number, kept: (kind: IdeaKind) => boolean): IdeaKind[] {
  const past = [...started];
  const all: IdeaKind[] = [];
  for (let round = 0; round < rounds; round++) {
    const underWay: IdeaKind[] = [];
    for (let i = 0; i < width; i++) underWay.push(nextKind(past, underWay).kind);
    for (const kind of underWay)
      past.push(row(past.length, kind, kept(kind) ? { status: 'keep', valBpb: 2.3 } : {}));
    all.push(...underWay);
  }
  return all;
}

test.each([1, 2, 4, 16, 64])('every kind comes up at a width of %i', (width) => {
  expect(new Set(asked(Math.ceil(64 / width), width, () => false))).toEqual(new Set(ideaKinds));
});

test('what pays is asked for more, and nothing is forgotten', () => {
  const kinds = asked(200, 1, (kind) => kind === 'simplify');
  const count = (kind: IdeaKind) => kinds.filter((one) => one === kind).length;
  expect(count('simplify')).toBeGreaterThan(100);
  for (const kind of ideaKinds) expect(count(kind)).toBeGreaterThan(0);
});

test('on a plateau what is new is asked for more than before', () => {
  const bold = (past: readonly PastExperiment[]) => {
    const underWay: IdeaKind[] = [];
    for (let i = 0; i < 60; i++) underWay.push(nextKind(past, underWay).kind);
    return underWay.filter((kind) => ['combine', 'rewrite', 'untouched'].includes(kind)).length;
  };
  const plateau = [...started, ...Array.from({ length: 12 }, (_, i) => row(4 + i, undefined))];
  expect(bold(plateau)).toBeGreaterThan(bold(started));
});

describe('what cannot be done is not asked for:', () => {
  test('without near misses nothing is put together, without keeps nothing is taken out', () => {
    const underWay: IdeaKind[] = [];
    for (let i = 0; i < 60; i++) underWay.push(nextKind([baseline], underWay).kind);
    expect(new Set(underWay)).toEqual(new Set(ideaKinds.filter((k) => k !== 'combine' && k !== 'ablate')));
  });
  test('two are named that came close, another pair each time', () => {
    const past = [...started, row(4, undefined, { valBpb: 2.501 })];
    const pairs: string[] = [];
    const underWay: IdeaKind[] = [];
    for (let i = 0; i < 40; i++) {
      const { kind, about } = nextKind(past, underWay);
      underWay.push(kind);
      if (kind === 'combine') pairs.push(about.join(' '));
    }
    expect(new Set(pairs).size).toBe(3);
    for (const pair of pairs) expect(pair).toMatch(/^00000[234] 00000[234]$/);
  });
});
