// I9 on memory adapters: the whole script, ended around every call of every port, and again with two controllers.
import { beforeAll, expect, test } from 'vitest';
import type { Life, Mischief } from '../sim/life.ts';
import { type Call, inWords } from '../sim/tap.ts';
import { MemoryLane } from './memory.ts';
import type { Remains } from './remains.ts';
import { scripts } from './script.ts';

const { attempts: ATTEMPTS, experiments: EXPERIMENTS } = scripts.plain;

/** Seconds are enough on an idle machine. */
const TIMEOUT = 900_000;

interface Point {
  readonly k: number;
  readonly when: 'before' | 'after';
}

let calls: string[];
let undisturbed: Remains;

beforeAll(async () => {
  const lane = new MemoryLane();
  calls = [];
  const life = lane.begin((_, call, when) => {
    if (when === 'before') calls.push(inWords(call));
  });
  await lane.until([life], () => !life.living);
  undisturbed = await lane.remains();
});

const points = () =>
  calls.flatMap((_, i) => (['before', 'after'] as const).map((when) => ({ k: i + 1, when })));
const named = ({ k, when }: Point) => `${when} call ${k}, ${calls[k - 1]}`;

/** Does something to a controller at that point. */
function atPoint({ k, when }: Point, act: (life: Life) => void | Promise<void>): Mischief {
  let count = 0;
  let mine: Call | null = null;
  return (life, call, side) => {
    if (side === 'before' && ++count === k) mine = call;
    return call === mine && side === when ? act(life) : undefined;
  };
}

test('the script holds all that it is there for', () => {
  const ends = undisturbed.rows.map((row) => `${Reflect.get(row, 'status')} ${Reflect.get(row, 'reason')}`);
  expect(ends).toEqual([
    'keep baseline',
    'keep better',
    'discard worse',
    'keep better',
    'crash syntax',
    'crash timeout',
    'keep better',
  ]);
  expect(undisturbed.rows).toHaveLength(EXPERIMENTS + 1);
  expect(undisturbed.begun).toHaveLength(ATTEMPTS);
  expect([...undisturbed.runs, ...undisturbed.undecided]).toEqual([]);
  expect(undisturbed.published).toBe(true);
});

test('dropped from memory before and after every call, it ends as if it never was', {
  timeout: TIMEOUT,
}, async () => {
  for (const point of points()) {
    const lane = new MemoryLane();
    const first = lane.begin(atPoint(point, (life) => life.kill()));
    await lane.until([first], () => first.dead);
    const second = lane.begin(() => {});
    await lane.until([second], () => !second.living);
    expect(second.stop?.reason, named(point)).toBe('limit');
    expect(await lane.remains(), named(point)).toEqual(undisturbed);
  }
  console.log(`crash sweep in memory: ${points().length} points, each with a clean restart`);
});

test('standing still before and after every call while another finishes, it changes nothing when it goes on', {
  timeout: TIMEOUT,
}, async () => {
  let wasted = 0;
  for (const point of points()) {
    const lane = new MemoryLane();
    let goOn: (() => void) | null = null;
    const hold = () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      });
    const stalled = lane.begin(atPoint(point, hold), false);
    await lane.until([stalled], () => goOn !== null);
    const other = lane.begin(() => {});
    await lane.until([other], () => !other.living);
    expect(other.stop?.reason, named(point)).toBe('limit');
    goOn!();
    await lane.until([stalled], () => !stalled.living);
    expect(['fenced', 'limit'], named(point)).toContain(stalled.stop?.reason);
    const last = lane.begin(() => {});
    await lane.until([last], () => !last.living);
    const { begun, ...rest } = await lane.remains();
    const { begun: expected, ...same } = undisturbed;
    expect(rest, named(point)).toEqual(same);
    // Nothing fences a launch: who stood still in the middle of one may waste a run, but one only.
    expect(begun.slice(0, ATTEMPTS), named(point)).toEqual(expected);
    expect(begun.length, named(point)).toBeLessThanOrEqual(ATTEMPTS + 1);
    wasted += begun.length - ATTEMPTS;
  }
  expect(wasted).toBeLessThan(6 * ATTEMPTS);
  console.log(
    `crash sweep in memory: ${points().length} points, each with two controllers, ${wasted} late launches`,
  );
});

test('with a second controller beside it from any call on, every experiment has one verdict and one row', {
  timeout: TIMEOUT,
}, async () => {
  for (const point of points()) {
    const lane = new MemoryLane();
    const lives: Life[] = [];
    lives.push(
      lane.begin(
        atPoint(point, () => void lives.push(lane.begin(() => {}, false))),
        false,
      ),
    );
    await lane.until(lives, () => lives.length === 2 && lives.every((life) => !life.living));
    const reasons = lives.map((life) => life.stop?.reason).sort();
    expect(reasons, named(point)).toContain('limit');
    const remains = await lane.remains();
    const { rows, frontier, begun, runs, undecided, published } = undisturbed;
    expect(remains, named(point)).toMatchObject({ frontier, begun, runs, undecided, published });
    expect(remains.rows, named(point)).toEqual(rows);
  }
  console.log(`crash sweep in memory: ${points().length} points, each with a rival from there on`);
});
