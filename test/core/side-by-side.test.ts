// What is decided in one turn of a wide lane.
import { expect, test } from 'vitest';
import { decide } from '../../controller/core/decide.ts';
import { attempts, finished, idea, inWords, openWith, world } from './trials.ts';

const two = openWith('000002');
const won = openWith('000001', attempts(finished(0.9)));

test.each([
  {
    name: 'verdicts that keep nothing are made durable together, those first whose runs ended first',
    world: {
      lane: { width: 2 },
      open: [
        openWith('000001', attempts(finished(1.9, {}, { endedMs: 9 }))),
        openWith('000002', attempts(finished(1.8, {}, { endedMs: 8 }))),
      ],
      nextId: 3,
    },
    does: ['settle 000002 discard', 'settle 000001 discard'],
  },
  {
    name: 'and a slot that is free already is filled beside them',
    world: {
      lane: { width: 3 },
      open: [openWith('000001', attempts(finished(1.9))), two],
      queue: [idea()],
      nextId: 3,
    },
    does: ['settle 000001 discard', 'launch 000002/1 first', 'allocate idea'],
  },
  {
    name: 'beside a keep nothing is begun, for it would be made on another tip',
    world: { lane: { width: 3 }, open: [won, two], queue: [idea()], nextId: 3 },
    does: ['settle 000001 keep'],
  },
  {
    name: 'several ideas get their ids at once',
    world: { lane: { width: 9 }, queue: [idea(), idea()], nextId: 1 },
    does: ['allocate idea', 'allocate idea', 'propose 1'],
  },
])('$name', ({ world: also, does }) => {
  expect(decide(world(also), 1000).map(inWords)).toEqual(does);
});
