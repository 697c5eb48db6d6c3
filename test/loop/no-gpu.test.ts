// A supervisor that refuses a run because train.py says that PyTorch finds no GPU: the machine's fault, told with what to
// do. That is train.py's word, so it is believed three times and no more. What the driver says is in machine-trouble.test.ts.
import { expect, test } from 'vitest';
import { isEvidence } from '../../controller/core/evidence.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { laneOf } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';

const WORDS =
  'PyTorch finds no GPU: compute capability 7.0; use another GPU, or an image whose PyTorch has kernels for this one';

const PREEMPTED = { word: 'preempted', sentence: 'a pod of higher priority took its place', sealed: null };

/** A lane whose runs find no GPU, or are taken back, from this experiment on; the attempts that were launched, and the nodes to avoid. */
function laneWithoutGpu(from: number, takenBack = false) {
  const launched: string[] = [];
  const avoided: (readonly string[])[] = [];
  const lane = laneOf({
    parts: (_, time) => {
      const machine = new MemoryMachine(({ experiment, attempt, trainPy }, { nonce }) => {
        launched.push(`${experiment}/${attempt}`);
        const measured = sealedRun(trainPy, nonce, 2.5, 1);
        const refused = { ...measured, status: 'refused', reason: 'no_gpu', sentence: WORDS, val_bpb: null };
        const well = Number(experiment) < from;
        if (takenBack && !well) return { durationMs: 1000, log: '', ending: PREEMPTED };
        const sealed = JSON.stringify(well ? measured : refused);
        return { durationMs: 1000, log: '', ending: { word: '', sentence: '', sealed } };
      }, time.driver);
      const executor = machine.open();
      const launch: typeof executor.launch = (intent, avoid = []) => {
        avoided.push(avoid);
        return executor.launch(intent);
      };
      return { executor: { ...executor, launch } };
    },
  });
  return { ...lane, launched, avoided };
}

const decided = (happened: readonly LaneEvent[]) =>
  happened.flatMap((what) => (what.kind === 'decided' ? [what.decision] : []));

test('a baseline that finds no GPU stops its lane, with its words and what to do', async () => {
  const lane = laneWithoutGpu(0);
  const stop = await lane.run();
  expect(stop.reason).toBe('baseline');
  expect(stop.sentence).toContain(WORDS);
  expect(lane.launched).toEqual(['000000/1', '000000/2', '000000/3']);
});

test('an idea that finds no GPU is lost and blamed for nothing', async () => {
  const lane = laneWithoutGpu(1);
  expect((await lane.run()).reason).toBe('limit');
  const [baseline, ...ideas] = decided(lane.happened);
  expect(baseline).toMatchObject({ status: 'keep' });
  expect(ideas.length).toBeGreaterThan(0);
  for (const idea of ideas) {
    expect(idea).toMatchObject({ error: 'lost:no_gpu', attempts: 3 });
    expect(idea.sentence).toContain(WORDS);
    expect(isEvidence(idea)).toBe(false);
  }
});

test('after a loss the node is avoided, by that experiment alone', async () => {
  const lane = laneWithoutGpu(1);
  await lane.run();
  expect(lane.avoided.slice(0, 5)).toEqual([[], [], ['memory'], ['memory'], []]);
});

test('a node that was taken back has no fault, and is not avoided', async () => {
  const lane = laneWithoutGpu(1, true);
  await lane.run();
  expect(lane.launched).toContain('000001/2');
  expect(lane.avoided.flat()).toEqual([]);
});
