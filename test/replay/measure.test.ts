// Files trained for their numbers alone, on runs that wait, are lost, crash, or were there before.
import { expect, test } from 'vitest';
import type { Clock, Executor, Intent } from '../../controller/ports.ts';
import {
  clear,
  keepImage,
  type Measurement,
  measureAll,
  type ReplayRunner,
} from '../../controller/replay/measure.ts';
import { MemoryMachine, type Script } from '../memory/executor.ts';
import { sealedRun } from '../memory/sealed.ts';

const measurements: Measurement[] = [1, 2, 3, 4].map((n) => ({
  id: String(n).padStart(6, '0'),
  trainPy: `bpb = ${n}\n`,
  seed: n,
}));

/** A run of ten seconds that measures the number in its file. */
const well: Script = ({ trainPy, attempt }, { nonce }) => ({
  durationMs: 10_000,
  ending: {
    sealed: JSON.stringify(sealedRun(trainPy, nonce, Number(/\d/.exec(trainPy)![0]) + (attempt - 1) / 10, 5)),
    word: '',
    sentence: '',
  },
  log: '',
});

/** A clock that jumps, and calls `tick` after each jump. */
class Jumping implements Clock {
  ms = 1_764_000_000_000;
  tick = () => {};

  now(): number {
    return this.ms;
  }

  async sleep(ms: number): Promise<void> {
    this.ms += ms;
    this.tick();
  }
}

function begin(script: Script, changes: Partial<ReplayRunner> = {}) {
  const clock = new Jumping();
  const machine = new MemoryMachine(script, clock);
  const clocks = { budgetSeconds: 5, startSeconds: 60, wallSeconds: 60 };
  const runner: ReplayRunner = {
    executor: machine.open(),
    clock,
    lane: 'main.replay',
    clocks,
    requireSealed: true,
    width: 2,
    pollMs: 1000,
    ...changes,
  };
  const heard = { measured: [] as string[], waits: [] as string[], trouble: [] as string[] };
  const observer = {
    measured: ({ id }: Measurement) => void heard.measured.push(id),
    looked: (_left: number, _running: number, sentence: string) => void heard.waits.push(sentence),
    trouble: (sentence: string) => void heard.trouble.push(sentence),
  };
  const ending = new AbortController();
  const measure = async () =>
    (await measureAll(measurements, runner, observer, ending.signal)).map(
      ({ measurement: { id }, outcome }) => [
        id,
        outcome.kind === 'finished' ? outcome.sealed!.val_bpb : outcome.reason,
      ],
    );
  return { clock, machine, bench: runner, heard, ending, measure };
}

/** By another process, which nobody interrupts. */
const calledAgain = (runner: ReplayRunner) =>
  measureAll(
    measurements,
    runner,
    { measured() {}, looked() {}, trouble() {} },
    new AbortController().signal,
  );

const ALL = [
  ['000001', 1],
  ['000002', 2],
  ['000003', 3],
  ['000004', 4],
];

test('each gets its number, in the order in which they were asked for, and no run is left', async () => {
  const { bench: runner, machine, measure } = begin(well);
  expect(await measure()).toEqual(ALL);
  expect(machine.launches).toBe(4);
  expect(await runner.executor.list(runner.lane)).toEqual([]);
});

test.each([1, 2, 3, 9])('never more than %i run at a time', async (width) => {
  const { bench: runner, machine, clock, measure } = begin(well, { width });
  let most = 0;
  clock.tick = () => {
    most = Math.max(most, machine.taken(runner.lane));
  };
  expect(await measure()).toEqual(ALL);
  expect(most).toBe(Math.min(width, 4));
});

test('what the machine loses is tried again, three times in all; what crashes is not', async () => {
  const script: Script = (intent, stage) => {
    const scene = well(intent, stage);
    if ('held' in scene) return scene;
    const lost = { ...scene, ending: { sealed: null, word: 'evicted', sentence: 'its node was full' } };
    if (intent.experiment === '000001' && intent.attempt < 3) return lost;
    if (intent.experiment === '000002') return lost;
    if (intent.experiment === '000003')
      return { ...scene, ending: { sealed: null, word: 'oom', sentence: 'too large' } };
    return scene;
  };
  const { measure, machine, heard } = begin(script);
  expect(await measure()).toEqual([
    ['000001', 1.2],
    ['000002', 'evicted'],
    ['000003', 'oom'],
    ['000004', 4],
  ]);
  expect(machine.launches).toBe(3 + 3 + 1 + 1);
  expect(heard.trouble.filter((sentence) => /its node was full/.test(sentence)).length).toBe(4);
});

test('a second call adopts what the first one left running, and removes what nobody asks for any more', async () => {
  const { bench: runner, machine, clock, ending, measure } = begin(well);
  clock.tick = () => ending.abort();
  expect(await measure()).toEqual([]);
  expect(machine.list(runner.lane).length).toBe(2);
  const stray: Intent = {
    lane: runner.lane,
    experiment: '000004',
    attempt: 1,
    parent: null,
    trainPy: 'bpb = 9\n',
    seed: 9,
    clocks: runner.clocks,
    requireSealed: true,
  };
  machine.launch(stray);
  machine.launch({ ...stray, experiment: '000077' });
  const again = await calledAgain(runner);
  expect(again.map(({ outcome }) => outcome.sealed!.val_bpb)).toEqual([1, 2, 3, 4]);
  expect(machine.launches).toBe(2 + 2 + 2);
  expect(machine.list(runner.lane)).toEqual([]);
});

test('broken off after any number of measurements, it trains none again when it is called again', async () => {
  for (const ticks of [1, 5, 10, 11, 12, 18]) {
    const { bench: runner, machine, clock, ending, measure } = begin(well);
    let n = 0;
    clock.tick = () => {
      if (++n === ticks) ending.abort();
    };
    await measure();
    const again = await calledAgain(runner);
    expect(again.map(({ outcome }) => outcome.sealed!.val_bpb)).toEqual([1, 2, 3, 4]);
    expect(machine.launches, `${ticks}`).toBe(4);
    expect(machine.list(runner.lane)).toEqual([]);
  }
});

test('where no run can be started now, it waits and says why', async () => {
  const script: Script = (intent, stage) =>
    stage.held < 3 ? { held: 'no room in the quota' } : well(intent, stage);
  const { measure, heard } = begin(script);
  expect(await measure()).toEqual(ALL);
  expect(heard.waits).toContain('no room in the quota');
});

test('a machine that does not answer for a while costs time alone; one that never does is told of in its own words', async () => {
  let away = 20;
  const { bench: runner, heard, machine, measure } = begin(well);
  const executor: Executor = {
    ...runner.executor,
    list: async (lane) => {
      if (away-- > 0) throw new Error('the API server does not answer');
      return machine.list(lane);
    },
  };
  Object.assign(runner, { executor });
  expect(await measure()).toEqual(ALL);
  expect(heard.trouble.length).toBe(20);
  away = Number.POSITIVE_INFINITY;
  await expect(measure()).rejects.toThrow('the API server does not answer');
});

test('a file that no run can hold ends it at once, with the reason', async () => {
  const { bench: runner, measure } = begin(well);
  const executor: Executor = {
    ...runner.executor,
    launch: async () => ({ kind: 'unfit', sentence: 'train.py is too large' }),
  };
  Object.assign(runner, { executor });
  await expect(measure()).rejects.toThrow('train.py is too large');
});

test('of an interrupted one every run can be removed', async () => {
  const { bench: runner, clock, ending, machine, measure } = begin(well);
  clock.tick = () => ending.abort();
  await measure();
  await clear(runner);
  expect(machine.list(runner.lane)).toEqual([]);
});

test.each([
  [`registry.example/trainer@sha256:${'1'.repeat(64)}`, ['000002', '000003']],
  ['registry.example/trainer:latest', ['000001', '000002', '000003']],
])('what another image than %s runs is not taken for its own', async (image, removed) => {
  const { bench: runner, machine, measure, clock, ending } = begin(well, { width: 4 });
  clock.tick = () => ending.abort();
  await measure();
  const images = [1, 2, 3].map((n) => `sha256:${String(Math.min(n, 2)).repeat(64)}`);
  const gone: string[] = [];
  const executor: Executor = {
    ...runner.executor,
    list: async (lane) => machine.list(lane).map((run, i) => ({ ...run, image: images[i] ?? '' })),
    remove: async ({ experiment }) => void gone.push(experiment),
  };
  await keepImage({ executor, lane: runner.lane }, image);
  expect(gone).toEqual(removed);
});
