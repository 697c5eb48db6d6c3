// What a batch costs, in steps of the innermost loops: the same on every machine.
import { expect, test } from 'vitest';
import { oneByOne } from '../../../controller/adapters/builtin/one-by-one.ts';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { bestCandidate } from '../../../controller/adapters/builtin/search.ts';
import { Slices } from '../../../controller/adapters/builtin/slices.ts';
import type { Brief } from '../../../controller/brief.ts';
import type { Idea } from '../../../controller/core/idea.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import { TRAIN_PY } from './landscapes.ts';
import { briefOn } from './lanes.ts';

const never = new AbortController().signal;
const first = briefOn(TRAIN_PY);

async function batch(count: number, brief = first): Promise<{ ideas: Idea[]; work: Slices }> {
  const work = new Slices(never);
  const proposed = await oneByOne(brief, count, bestCandidate, '', work);
  return { ideas: proposed.kind === 'ideas' ? proposed.ideas : [], work };
}

/** The lane after these ideas went on trial. */
function onTrial(ideas: readonly Idea[]): Brief {
  return {
    ...first,
    next: first.next + ideas.length,
    open: ideas.map((idea) => idea.description),
    tried: [...first.tried, ...ideas.map((idea) => sha256Hex(idea.trainPy))],
  };
}

const thousand = await batch(1000);

test('a batch of a thousand is a thousand different files', () => {
  expect(new Set(thousand.ideas.map((idea) => idea.trainPy)).size).toBe(1000);
});
test('it takes at most 80 million steps, in slices of at most two million', () => {
  expect(thousand.work.steps).toBeLessThan(80e6);
  expect(thousand.work.longest).toBeLessThan(2e6);
});
test('one more idea with a thousand on trial takes at most six million steps', async () => {
  const { work } = await batch(1, onTrial(thousand.ideas));
  expect(work.steps).toBeLessThan(6e6);
  expect(work.longest).toBeLessThan(2e6);
});
test('asked one by one, past the trials that are told, it says what it says in one batch', async () => {
  for (let asked = 60; asked < 70; asked++) {
    const { ideas } = await batch(1, onTrial(thousand.ideas.slice(0, asked)));
    expect(ideas[0]).toEqual(thousand.ideas[asked]);
  }
});
test('a request that nobody wants any more ends within a slice', async () => {
  const ending = new AbortController();
  const asked = proposerOf('builtin').propose(first, 1000, ending.signal);
  ending.abort(new Error('nobody waits'));
  await expect(asked).rejects.toThrow('nobody waits');
});
test.each(['builtin', 'random', 'null'] as const)(
  'two lanes with one seed get the same kind of ideas of the %s proposer, but not the same path',
  async (kind) => {
    const paths = await Promise.all(
      ['a', 'b'].map(async (lane) => {
        const proposed = await proposerOf(kind).propose({ ...first, lane }, 20, never);
        return proposed.kind === 'ideas' ? proposed.ideas.map((idea) => idea.trainPy) : [];
      }),
    );
    const [a, b] = paths as [string[], string[]];
    const together = a.filter((trainPy, i) => trainPy === b[i]).length;
    if (kind === 'null') expect(together).toBe(20);
    else expect(together).toBeLessThan(5);
  },
);
