// Calls side by side: each idea is there when its own call is over, and one request does not wait for another.
import { describe, expect, test } from 'vitest';
import type { Idea } from '../../../controller/core/idea.ts';
import { credulous } from '../../messages/lane.ts';
import { briefOn, edit, never, rigOn, TRAIN_PY } from '../../messages/rig.ts';

const answerTo = (n: number) => edit(`RATE: try ${n}`, 'RATE = 0.5', `RATE = 0.${100 + n}`);

/** A number that grows, and whoever waits for it. */
class Count {
  #now = 0;
  #waiting: { readonly at: number; readonly resolve: () => void }[] = [];

  get now(): number {
    return this.#now;
  }
  more(): void {
    this.#now++;
    for (const { at, resolve } of this.#waiting) if (at <= this.#now) resolve();
  }
  reaches(at: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ at, resolve });
      if (at <= this.#now) resolve();
    });
  }
}

/** A model whose answers can be held back. */
function held(holds: (n: number) => boolean) {
  const asked = new Count();
  const release = Promise.withResolvers<void>();
  const script = async (_: unknown, n: number) => {
    asked.more();
    if (holds(n)) await release.promise;
    return answerTo(n);
  };
  return { script, asked, release: () => release.resolve() };
}

test('an idea is handed over while another call of its request is under way', async () => {
  const { script, release } = held((n) => n === 2);
  await using rig = await rigOn(script, { reader: credulous });
  const came: Idea[] = [];
  const here = new Count();
  const asked = rig.proposer.propose(briefOn(), 3, never, (idea) => {
    came.push(idea);
    here.more();
  });
  await here.reaches(2);
  expect(came.map((idea) => idea.description)).toEqual(['RATE: try 1', 'RATE: try 3']);
  release();
  expect(await asked).toEqual({ kind: 'ideas', ideas: [] });
  expect(came.map((idea) => idea.description)).toContain('RATE: try 2');
});

describe('the first call goes alone', () => {
  test('until the file is in the cache', async () => {
    const { script, asked, release } = held((n) => n > 1);
    await using rig = await rigOn(script, { reader: credulous });
    await rig.proposer.propose(briefOn(), 1, never);
    const second = rig.proposer.propose(briefOn(), 3, never);
    await asked.reaches(4);
    release();
    expect(await second).toMatchObject({ kind: 'ideas', ideas: { length: 3 } });
  });
  test('again with another file', async () => {
    const { script, asked, release } = held((n) => n === 2);
    await using rig = await rigOn(script, { reader: credulous });
    await rig.proposer.propose(briefOn(), 1, never);
    const second = rig.proposer.propose(briefOn({ trainPy: `${TRAIN_PY}# longer\n` }), 3, never);
    await asked.reaches(2);
    expect(rig.server.asked).toHaveLength(2);
    release();
    await second;
    expect(rig.server.asked).toHaveLength(4);
  });
});

test('requests side by side look in different directions', async () => {
  const { script, asked, release } = held(() => true);
  await using rig = await rigOn(script, { reader: credulous });
  const requests = [1, 2, 3].map(() => rig.proposer.propose(briefOn(), 1, never));
  await asked.reaches(3);
  release();
  await Promise.all(requests);
  const words = rig.server.asked.map(
    ({ messages }) => /^Propose the next experiment: (.*)\.$/m.exec(messages[0]!.content)?.[1],
  );
  expect(new Set(words).size).toBe(3);
});

test('of requests that came to nothing side by side one counts, so that no burst of them ends a lane', async () => {
  const all = new Count();
  await using rig = await rigOn(
    async (_, n) => {
      if (n > 6) return { answer: 'no' };
      all.more();
      await all.reaches(6);
      return { answer: 'no' };
    },
    { reader: credulous },
  );
  const none = await Promise.all(Array.from({ length: 6 }, () => rig.proposer.propose(briefOn(), 1, never)));
  expect(none).toMatchObject(
    Array.from({ length: 6 }, () => ({ kind: 'none', retry: true, afterMs: 20_000 })),
  );
  expect(await rig.proposer.propose(briefOn(), 1, never)).toMatchObject({ retry: true, afterMs: 40_000 });
});
