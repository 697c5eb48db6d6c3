// A machine that loses every run: the lane waits for it, and nothing is used up meanwhile.
import { expect, test } from 'vitest';
import type { Lane } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import type { LaneContext, Stop } from '../../controller/loop/context.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { laneOf, quick } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';

/** What the machine says of a run that it has no room for. */
type Lack = { refused: string } | { word: string };
const MINUTE_MS = 60_000;

interface Broken {
  readonly lack: Lack;
  /** Runs that are launched in this time are lost. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly rules?: Partial<Lane>;
  readonly patience?: number;
}

/** A lane of three experiments on a machine that breaks and, perhaps, comes back. */
function laneOn({ lack, fromMs, untilMs, rules = {}, patience }: Broken) {
  const launched: { id: string; atMs: number }[] = [];
  let asked = 0;
  let store!: LaneContext['store'];
  const lane = laneOf({
    rules,
    parts: (usual, time) => {
      store = usual.store;
      const beganMs = time.driver.now();
      const machine = new MemoryMachine(({ experiment, attempt, trainPy }, { nonce }) => {
        const atMs = time.driver.now() - beganMs;
        launched.push({ id: `${experiment}/${attempt}`, atMs });
        const good = sealedRun(trainPy, nonce, 2.5 - launched.length / 1000, 1);
        if (atMs < fromMs || atMs >= untilMs)
          return {
            durationMs: 1000,
            log: '',
            ending: { word: '', sentence: '', sealed: JSON.stringify(good) },
          };
        const refused = 'refused' in lack ? { status: 'refused', reason: lack.refused, val_bpb: null } : null;
        const sealed =
          refused && JSON.stringify({ ...good, ...refused, sentence: 'free some and run again' });
        const word = 'word' in lack ? lack.word : '';
        return { durationMs: 10, log: '', ending: { word, sentence: word && 'it is away', sealed } };
      }, time.driver);
      const proposer: LaneContext['proposer'] = {
        propose: (...brief) => {
          asked++;
          return usual.proposer.propose(...brief);
        },
        fix: async () => null,
      };
      return { executor: machine.open(), proposer, ...(patience !== undefined && { patience }) };
    },
  });
  const held = () => lane.happened.flatMap((what) => (what.kind === 'held' ? [what.sentence] : []));
  const decided = () => lane.happened.flatMap((what) => (what.kind === 'decided' ? [what.decision] : []));
  return {
    ...lane,
    launched,
    asked: () => asked,
    held,
    decided,
    ids: () => store.list(keys.experiments('main')),
  };
}

test.each<Lack>([
  { refused: 'disk' },
  { refused: 'setup' },
  { refused: 'unsealed' },
  { refused: 'no_cuda' },
  { word: 'unstarted' },
  { word: 'slow_start' },
  { word: 'refused_by_node' },
])('a machine with %o for an hour uses up no id, no idea and no question', async (lack) => {
  const lane = laneOn({ lack, fromMs: 1500, untilMs: 60 * MINUTE_MS, rules: { width: 2, ahead: 2 } });
  const stop: Stop = await lane.run();
  expect(stop.reason).toBe('limit');
  expect(lane.decided().map(({ experiment, status }) => `${experiment} ${status}`)).toEqual([
    '000000 keep',
    ...['000001', '000002', '000003'].map((id) => expect.stringMatching(`${id} (keep|discard)`)),
  ]);
  const during = lane.launched.filter(({ atMs }) => atMs >= 1500 && atMs < 60 * MINUTE_MS);
  expect(new Set(during.map(({ id }) => id.slice(0, 6))).size).toBeLessThanOrEqual(2);
  // Two at a time, after waits that grow: 15 s, 1, 5, 15, 15, 15 minutes.
  expect(during.length).toBeLessThan(20);
  expect(lane.held()).toHaveLength(
    new Set(lane.held()).size + lane.held().filter((one) => one.includes('900 s')).length - 1,
  );
  expect(lane.held()[0]).toMatch(/^the machine loses every run \(\w+\), so the lane waits 15 s: /);
});

test('where nobody waits the lane stops with what is lacking, and goes on with the same idea', async () => {
  const broken = { lack: { refused: 'disk' }, fromMs: 500, untilMs: MINUTE_MS * 60, patience: 2 };
  const lane = laneOn(broken);
  const stop = await lane.run();
  expect(stop).toEqual({ reason: 'machine', sentence: 'free some and run again' });
  expect(await lane.ids()).toEqual(['000000/', '000001/']);
  expect(lane.asked()).toBe(1);
  await lane.time.driver.sleep(60 * MINUTE_MS, new AbortController().signal);
  expect((await lane.run()).reason).toBe('limit');
  expect(await lane.ids()).toHaveLength(4);
  expect(lane.decided().filter(({ status }) => status === 'crash')).toEqual([]);
});

test('a baseline that the machine has no room for begins once there is room', async () => {
  const lane = laneOn({ lack: { refused: 'disk' }, fromMs: 0, untilMs: 10 * MINUTE_MS });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.decided()[0]).toMatchObject({ experiment: '000000', status: 'keep' });
});

test('runs that a machine loses midway are tried three times each, after waits', async () => {
  const lane = laneOn({ lack: { word: 'killed' }, fromMs: 1500, untilMs: 60 * MINUTE_MS });
  await lane.run();
  const during = lane.launched.filter(({ atMs }) => atMs >= 1500 && atMs < 60 * MINUTE_MS);
  expect(during.length).toBeLessThan(9);
  expect(lane.held().length).toBeGreaterThan(3);
});

test('losses of different causes hold nothing', async () => {
  let n = 0;
  const lane = laneOf({
    parts: (_, time) => {
      const machine = new MemoryMachine(({ trainPy, attempt }, { nonce }) => {
        const good = JSON.stringify(sealedRun(trainPy, nonce, 2.5 - ++n / 1000, 1));
        const gone = { word: n % 2 ? 'evicted' : 'shutdown', sentence: 'away', sealed: null };
        const ending = attempt === 1 ? gone : { word: '', sentence: '', sealed: good };
        return { durationMs: 1000, log: '', ending };
      }, time.driver);
      return { executor: machine.open() };
    },
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.happened.filter(({ kind }) => kind === 'held')).toEqual([]);
});

test('what only a log says of the GPU holds nothing, for a train.py can print any words', async () => {
  const limits = { ...quick.limits, experiments: 2 };
  const lane = laneOf({
    rules: { limits },
    parts: (_, time) => {
      const machine = new MemoryMachine(({ experiment, trainPy }, { nonce }) => {
        const good = sealedRun(trainPy, nonce, 2.5, 1);
        const crashed = { ...good, status: 'crashed', reason: 'exit', exit_code: 1, val_bpb: null };
        const sealed = JSON.stringify(experiment === '000000' ? good : crashed);
        return { durationMs: 1000, log: FAULT, ending: { word: '', sentence: '', sealed } };
      }, time.driver);
      return { executor: machine.open() };
    },
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(lane.happened.filter(({ kind }) => kind === 'held')).toEqual([]);
});

const FAULT =
  'Traceback (most recent call last):\n  File "train.py", line 1, in <module>\ntorch.AcceleratorError: CUDA error: uncorrectable ECC error encountered\n';
