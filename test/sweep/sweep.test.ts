// I9 on the real repository, store and processes: ended around any external call and begun again, the end is the same.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dropped, finish, inFolder, killed, type Leg, legsIn, pointsOf, sweep } from './points.ts';
import { remainsIn } from './scenario.ts';
import { type ScriptName, scripts } from './script.ts';

const AT_ONCE = 4;
const KILLS = 60;

/** Of calls where seeds decide, one side of one in so many. */
const STRIDE = 9;

let dir: string;
let legs: Record<ScriptName, Leg[]>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sweep-legs-'));
  legs = {
    plain: await legsIn(join(dir, 'plain'), 'plain'),
    evidence: await legsIn(join(dir, 'evidence'), 'evidence'),
  };
}, 1_800_000);

afterAll(() => rm(dir, { recursive: true, force: true }));

test('the script holds a keep, a discard, a fixed crash, one beyond fixing, a timeout and a lost run', () => {
  const { rows, frontier, begun, runs, published, undecided } = legs.plain.at(-1)!.remains;
  expect(rows).toMatchObject([
    { experiment: '000000', status: 'keep', val_bpb: '2.000000' },
    { experiment: '000001', status: 'keep', val_bpb: '1.900000' },
    { experiment: '000002', status: 'discard', val_bpb: '1.950000' },
    { experiment: '000003', status: 'keep', val_bpb: '1.850000', attempts: '2' },
    { experiment: '000004', status: 'crash', error: 'syntax' },
    { experiment: '000005', status: 'crash', error: 'timeout' },
    { experiment: '000006', status: 'keep', val_bpb: '1.800000', attempts: '2' },
  ]);
  expect(frontier).toHaveLength(4);
  expect(begun).toHaveLength(scripts.plain.attempts);
  expect([...runs, ...undecided]).toEqual([]);
  expect(published).toBe(true);
});

test('with evidence it holds a gain that is kept by its train, one that loses a run on the way, and a crash', () => {
  const { rows, frontier, begun, runs, published, undecided } = legs.evidence.at(-1)!.remains;
  const told = rows.map((row) =>
    ['status', 'reason', 'attempts'].map((key) => Reflect.get(row, key)).join(' '),
  );
  expect(told).toEqual([
    'keep baseline 8',
    'discard aboard 1',
    'keep better 3',
    'discard worse 1',
    'discard worse 2',
    'discard aboard 2',
    'keep better 4',
  ]);
  expect(frontier).toHaveLength(3);
  expect(begun).toHaveLength(scripts.evidence.attempts);
  expect([...runs, ...undecided]).toEqual([]);
  expect(published).toBe(true);
});

test.each(Object.keys(scripts) as ScriptName[])(
  'one controller that goes all the way through %s leaves what a new one for each experiment leaves',
  async (script) => {
    const whole = await inFolder(async (work) => {
      await finish(work, script, scripts[script].experiments);
      return remainsIn(work);
    });
    expect(whole).toEqual(legs[script].at(-1)!.remains);
  },
);

test('dropped from memory before and after every external call', { timeout: 7_200_000 }, async () => {
  const points = [...pointsOf(legs.plain), ...pointsOf(legs.evidence).filter((_, i) => i % STRIDE === 0)];
  const met = await sweep(points, AT_ONCE, dropped);
  expect(met).toBeGreaterThan(points.length / 2);
  console.log(`crash sweep: ${met} of ${points.length} points met by dropping everything in memory`);
});

test(`killed by SIGKILL at ${KILLS} points spread over all of them`, { timeout: 7_200_000 }, async () => {
  const all = [...pointsOf(legs.plain), ...pointsOf(legs.evidence)];
  // An odd stride, so that both sides of calls are met.
  const stride = Math.floor(all.length / KILLS) | 1;
  const points = Array.from({ length: KILLS }, (_, i) => all[(i * stride) % all.length]!);
  const met = await sweep(points, AT_ONCE, killed);
  expect(met).toBeGreaterThan(KILLS / 2);
  console.log(`crash sweep: ${met} of ${all.length} points met by SIGKILL`);
});
