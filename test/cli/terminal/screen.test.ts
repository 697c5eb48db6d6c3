import { expect, onTestFinished, test, vi } from 'vitest';
import { Screen } from '../../../controller/cli/screen.ts';
import type { LaneEvent } from '../../../controller/loop/observer.ts';
import { world } from '../../core/trials.ts';

const held = (sentence: string): LaneEvent => ({ kind: 'held', sentence });
const dropped: LaneEvent = { kind: 'dropped', description: 'edit', sentence: 'it was tried already' };

function shown(tell: (screen: Screen) => void): string[] {
  const lines: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(`${text}`) > 0);
  onTestFinished(() => write.mockRestore());
  tell(new Screen({ output: 'table', named: true, plain: true }));
  write.mockRestore();
  return lines;
}

test.each([
  ['once, however often it is so', [held('full'), held('full'), held('full')], ['[a] full\n']],
  ['for each reason', [held('full'), held('away')], ['[a] full\n', '[a] away\n']],
  [
    'again, once something else has happened',
    [held('full'), dropped, held('full')],
    ['[a] full\n', '[a] full\n'],
  ],
] as const)('why nothing happens is told %s', (_, happenings, lines) => {
  const told = shown((screen) => {
    const observer = screen.lane('a');
    for (const event of happenings) observer.happened(event);
  });
  expect(told).toEqual(lines);
});

test('why nothing happens is told of each lane', () => {
  const told = shown((screen) => {
    const [a, b] = [screen.lane('a'), screen.lane('b')];
    for (const lane of [a, b, a, b]) lane.happened(held('full'));
  });
  expect(told).toEqual(['[a] full\n', '[b] full\n']);
});

test.each([
  ['', []],
  ['1', ['[a] git said nothing\n']],
])('what failed while the lane stopped is told where AUTORESEARCH_DEBUG is "%s"', (debug, lines) => {
  vi.stubEnv('AUTORESEARCH_DEBUG', debug);
  onTestFinished(() => void vi.unstubAllEnvs());
  const told = shown((screen) =>
    screen.lane('a').happened({ kind: 'broken off', sentence: 'git said nothing' }),
  );
  expect(told).toEqual(lines);
});

test('how long it took is told of a clock that nobody sets', () => {
  const day = 86_400_000;
  for (const step of [-day, day]) {
    const now = Date.now();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now);
    onTestFinished(() => clock.mockRestore());
    const told = shown((screen) => {
      const observer = screen.lane('a');
      observer.happened({ kind: 'began', epoch: 1, decided: 1, open: 0, adopted: 0, frontier: [2.5] });
      observer.turn(world());
      clock.mockReturnValue(now + step);
      screen.close(() => '', new Map());
    });
    expect(told.join('')).toContain('0 tried in 0 s');
  }
});

test.each([
  [true, '[a] 3 experiments are done; raise --experiments to go on\n'],
  [false, '[a] 3 experiments are done; leave out --ephemeral to keep what is found\n'],
])('at a limit is told what to do, where the lane is kept: %s', (kept, line) => {
  const sentence = '3 experiments are done; raise --experiments to go on';
  expect(shown((screen) => screen.conclude('a', { reason: 'limit', sentence }, kept))).toEqual([line]);
});
