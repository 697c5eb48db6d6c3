// How many ideas are asked for is what a lane stops by: it never counts one that nobody asks for any more.
import { expect, test } from 'vitest';
import type { Brief } from '../../controller/brief.ts';
import type { Idea } from '../../controller/core/idea.ts';
import { IdeaQueue } from '../../controller/loop/idea-queue.ts';
import type { Proposer } from '../../controller/ports.ts';
import { settle } from '../double/time.ts';

const clock = { now: () => 0, sleep: async () => {} };
const idea = (n: number) => ({ description: `idea ${n}`, trainPy: `print(${n})\n` }) as Idea;

function queueOf(propose: Proposer['propose']): IdeaQueue {
  return new IdeaQueue({ propose, fix: async () => null }, clock, { happened() {}, turn() {} }, () => {});
}

test('an idea that is handed over after its request has failed is taken, and counted off once', async () => {
  let late = (_: Idea) => {};
  const queue = queueOf(async (_, __, ___, here) => {
    late = here!;
    here!(idea(1));
    throw new Error('the store is away');
  });
  queue.ask({} as Brief, 5);
  expect(queue.asking).toBe(4);
  await settle();
  expect(queue.asking).toBe(0);
  late(idea(2));
  expect(queue.asking).toBe(0);
  expect(queue.ideas.map(({ description }) => description)).toEqual(['idea 1', 'idea 2']);
});
