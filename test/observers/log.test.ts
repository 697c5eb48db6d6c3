import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { experimentId } from '../../controller/core/experiment.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import { logObserver } from '../../controller/observers/log.ts';
import type { Run } from '../../controller/ports.ts';
import { world } from '../core/trials.ts';

const WARN = 40;
const ERROR = 50;

test.each<[LaneEvent['kind'] & ('trouble' | 'broken off' | 'held'), number]>([
  ['trouble', ERROR],
  ['broken off', WARN],
  ['held', WARN],
])('a sentence of what is %s is a line of its lane, at level %i', (kind, level) => {
  let written = '';
  const stream = new Writable({
    write(chunk, _, done) {
      written += String(chunk);
      done();
    },
  });
  logObserver(pino(stream), 'main').happened({ kind, sentence: 'git said nothing' });
  expect(JSON.parse(written)).toMatchObject({ level, lane: 'main', msg: 'git said nothing' });
});

test('why runs wait is told once per reason, and not anew for each of hundreds that begin', () => {
  const told: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      told.push(JSON.parse(String(chunk)).msg);
      done();
    },
  });
  const { turn } = logObserver(pino(stream), 'main');
  const waiting = (n: number, sentence: string) =>
    ({ experiment: experimentId(n), attempt: 1, state: { kind: 'pending', sinceMs: 0, sentence } }) as Run;
  for (let begun = 0; begun < 300; begun++) {
    const runs = Array.from({ length: 300 }, (_, n) => n + 1).slice(begun);
    turn(world({ runs: runs.map((n) => waiting(n, 'no node has a free nvidia.com/gpu')) }));
  }
  turn(
    world({
      runs: [waiting(300, 'no node has a free nvidia.com/gpu'), waiting(301, 'the quota is used up')],
    }),
  );
  turn(world({ runs: Array.from({ length: 300 }, (_, n) => waiting(n, `reason ${n} ${'x'.repeat(400)}`)) }));
  expect(told.slice(0, 2)).toEqual([
    'waiting: 000001 and 299 more: no node has a free nvidia.com/gpu',
    'waiting: 000300: no node has a free nvidia.com/gpu; 000301: the quota is used up',
  ]);
  expect(told).toHaveLength(3);
  expect(told[2]!.length).toBeLessThan(5000);
});
