// I9 on memory adapters: the whole script, ended around every call of every port, and again with two controllers.
import { beforeAll, expect, test } from 'vitest';
import type { Life, Mischief } from '../sim/life.ts';
import { type Call, inWords } from '../sim/tap.ts';
import { Place } from './memory.ts';
import type { Remains } from './remains.ts';
import { ATTEMPTS, EXPERIMENTS } from './script.ts';

/** Seconds are enough on an idle machine. */
const TIMEOUT = 900_000;

interface Point {
  readonly k: number;
  readonly when: 'before' | 'after';
}

let calls: string[];
let undisturbed: Remains;

beforeAll(async () => {
  const place = new Place();
  calls = [];
  const life = place.begin((_, call, when) => {
    if (when === 'before') calls.push(inWords(call));
  });
  await place.until([life], () => !life.living);
  undisturbed = await place.remains();
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
    const place = new Place();
    const first = place.begin(atPoint(point, (life) => life.kill()));
    await place.until([first], () => first.dead);
    const second = place.begin(() => {});
    await place.until([second], () => !second.living);
    expect(second.stop?.reason, named(point)).toBe('limit');
    expect(await place.remains(), named(point)).toEqual(undisturbed);
  }
  console.log(`crash sweep in memory: ${points().length} points, each with a clean restart`);
});

test('standing still before and after every call while another finishes, it changes nothing when it goes on', {
  timeout: TIMEOUT,
}, async () => {
  let wasted = 0;
  for (const point of points()) {
    const place = new Place();
    let goOn: (() => void) | null = null;
    const hold = () =>
      new Promise<void>((resolve) => {
        goOn = resolve;
      });
    const stalled = place.begin(atPoint(point, hold), false);
    await place.until([stalled], () => goOn !== null);
    const other = place.begin(() => {});
    await place.until([other], () => !other.living);
    expect(other.stop?.reason, named(point)).toBe('limit');
    goOn!();
    await place.until([stalled], () => !stalled.living);
    expect(['fenced', 'limit'], named(point)).toContain(stalled.stop?.reason);
    const last = place.begin(() => {});
    await place.until([last], () => !last.living);
    const { begun, ...rest } = await place.remains();
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
    const place = new Place();
    const lives: Life[] = [];
    lives.push(
      place.begin(
        atPoint(point, () => void lives.push(place.begin(() => {}, false))),
        false,
      ),
    );
    await place.until(lives, () => lives.length === 2 && lives.every((life) => !life.living));
    const reasons = lives.map((life) => life.stop?.reason).sort();
    expect(reasons, named(point)).toContain('limit');
    const remains = await place.remains();
    const { rows, frontier, begun, runs, undecided, published } = undisturbed;
    expect(remains, named(point)).toMatchObject({ frontier, begun, runs, undecided, published });
    expect(remains.rows, named(point)).toEqual(rows);
  }
  console.log(`crash sweep in memory: ${points().length} points, each with a rival from there on`);
});
