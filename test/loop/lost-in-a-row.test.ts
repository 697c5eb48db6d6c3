// A cause that hits every run is the machine's: it uses up a few ids at most, true seconds, and nothing once it is lifted.
import { describe, expect, test } from 'vitest';
import type { Lane } from '../../controller/core/experiment.ts';
import { intentSha256, isRunOf } from '../../controller/intent.ts';
import { NodeFaults } from '../../controller/loop/turn/node-faults.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { laneOf, quick } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';

const HOUR_MS = 3_600_000;

/** A lane of eight ideas. After 1.5 s every run is lost for this cause, until `untilMs`. */
function laneWith(word: string, { untilMs = 6 * HOUR_MS, rules = {} as Partial<Lane>, image = '' } = {}) {
  let n = 0;
  return laneOf({
    rules: { limits: { ...quick.limits, experiments: 8 }, ...rules },
    parts: (_, time) => {
      const beganMs = time.driver.now();
      const machine = new MemoryMachine(({ trainPy }, { nonce }) => {
        const atMs = time.driver.now() - beganMs;
        const good = JSON.stringify(sealedRun(trainPy, nonce, 2.5 - ++n / 1000, 1));
        if (atMs < 1500 || atMs >= untilMs)
          return { durationMs: 1000, log: '', ending: { word: '', sentence: '', sealed: good } };
        const ending = { word, sentence: 'it is away', sealed: null, ranSeconds: 2 };
        return { durationMs: 2000, log: '', ending, ...(image && { image }) };
      }, time.driver);
      return { executor: machine.open() };
    },
  });
}

const decided = (lane: ReturnType<typeof laneWith>) =>
  lane.happened.flatMap((what) => (what.kind === 'decided' ? [what.decision] : []));

describe('a machine that loses every run for six hours', () => {
  test.each([
    ['deleted', 1],
    ['no_result', 1],
    ['node_lost', 1],
    ['deleted', 4],
    ['drained', 4],
  ])(
    '(%s, width %d) ends at most three experiments, and the rest come to their own end',
    async (word, width) => {
      const lane = laneWith(word, { rules: { width } });
      expect((await lane.run()).reason).toBe('limit');
      const rows = decided(lane);
      const lost = rows.filter(({ reason }) => reason === 'lost');
      expect(lost.length).toBeLessThanOrEqual(3);
      expect(rows.filter(({ status }) => status === 'keep' || status === 'discard')).toHaveLength(
        9 - lost.length,
      );
      // Two seconds each, and not the wall of ten.
      for (const { attempts, spentSeconds } of lost) expect(spentSeconds).toBe(2 * attempts);
      const held = lane.happened.flatMap((what) => (what.kind === 'held' ? [what] : []));
      expect(held.length).toBeGreaterThan(5);
      for (const { by } of held) expect(by).toBe('machine');
    },
  );
});

test('what a cluster takes back for others is tried ten times, what it loses otherwise three', async () => {
  const attempts = async (word: string) => decidedLost(word).then(([first]) => first!.attempts);
  const decidedLost = async (word: string) => {
    const lane = laneWith(word);
    await lane.run();
    return decided(lane).filter(({ reason }) => reason === 'lost');
  };
  expect(await attempts('killed')).toBe(3);
  expect(await attempts('preempted')).toBe(10);
});

test('a run that another image lost stops its lane at once, and no idea is used up', async () => {
  const lane = laneWith('no_result', { image: `sha256:${'9'.repeat(64)}` });
  const stop = await lane.run();
  expect(stop.reason).toBe('conditions');
  expect(stop.sentence).toMatch(/image was none, is sha256:9+/);
  expect(decided(lane).filter(({ reason }) => reason === 'lost')).toEqual([]);
  const measured = lane.happened.flatMap((what) =>
    what.kind === 'measured' ? [what.result.outcome.kind] : [],
  );
  expect(measured.filter((kind) => kind === 'lost')).toHaveLength(1);
});

test('what a run under another wall measured counts; under another budget it is another run', () => {
  const intent = {
    lane: 'main',
    experiment: '000001',
    attempt: 1,
    parent: null,
    trainPy: '',
    seed: 1,
    requireSealed: true,
  };
  const under = (budgetSeconds: number, wallSeconds: number) => ({
    ...intent,
    clocks: { budgetSeconds, startSeconds: wallSeconds, wallSeconds },
  });
  const runOf = (one: ReturnType<typeof under>) => ({ intent: intentSha256(one), clocks: one.clocks });
  expect(isRunOf(runOf(under(5, 600)), under(5, 500))).toBe(true);
  expect(isRunOf(runOf(under(2, 600)), under(5, 600))).toBe(false);
  expect(isRunOf(runOf({ ...under(5, 600), seed: 2 }), under(5, 500))).toBe(false);
});

describe('a node', () => {
  const at = (node: string, kind: 'lost' | 'crashed' | 'finished', reason = 'gpu_fault', ranSeconds = 3) => {
    const outcome = {
      kind,
      reason,
      sentence: 'GPU is lost',
      node,
      sealed: null,
      ranSeconds,
      trivial: false,
      printedBpb: null,
      tail: '',
      logNote: '',
      image: '',
      endedMs: 0,
    } as const;
    return { n: 1, cause: 'first', seed: 1, trainSha256: '', outcome } as const;
  };
  const feed = (...ends: readonly (readonly [string, ReturnType<typeof at>])[]) => {
    const nodes = new NodeFaults();
    const said = ends.map(([experiment, end], i) => nodes.ended('main', experiment, end, i));
    return { nodes, said: said.filter((one) => one !== null) };
  };
  const good = ['1', at('b', 'finished')] as const;

  test('that fails three experiments while others run is avoided for an hour', () => {
    const { nodes, said } = feed(['2', at('a', 'lost')], ['3', at('a', 'crashed', 'exit')], good, [
      '4',
      at('a', 'lost'),
    ]);
    expect(said).toEqual([
      expect.stringMatching(/^node a failed 3 experiments in a row, .* cordon it\. It said: GPU is lost$/),
    ]);
    expect(nodes.avoided(10)).toEqual(['a']);
    expect(nodes.avoided(HOUR_MS + 10)).toEqual([]);
  });

  const two = [
    ['2', at('a', 'lost')],
    ['3', at('a', 'lost')],
  ] as const;
  test.each([
    ['where no run succeeds anywhere', [...two, ['4', at('a', 'lost')]]],
    [
      'where it fails one idea again and again',
      [...two, good, ['3', at('a', 'lost')], ['3', at('a', 'lost')]],
    ],
    [
      'where a run came to its own end there',
      [...two, good, ['5', at('a', 'finished')], ['4', at('a', 'lost')]],
    ],
    ['for what the cluster takes back', [...two, good, ['4', at('a', 'lost', 'preempted')]]],
    ['for a crash after a while', [...two, good, ['4', at('a', 'crashed', 'oom', 100)]]],
  ] as const)('is not avoided %s', (_, ends) => {
    const { nodes, said } = feed(...ends);
    expect(said).toEqual([]);
    expect(nodes.avoided(100)).toEqual([]);
  });
});
