import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import { logObserver } from '../../controller/observers/log.ts';

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
