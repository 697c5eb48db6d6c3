// A baseline that failed is no end of its lane: a later start begins it again, with the file that is given then.
import { expect, test } from 'vitest';
import { keys } from '../../controller/core/keys.ts';
import type { LaneInputs } from '../../controller/loop/context.ts';
import { encode } from '../../controller/std/json.ts';
import { draftLike } from '../contract/drafts.ts';
import { laneOf, SLIP } from '../memory/lane.ts';
import { MemoryStore } from '../memory/store.ts';

const inputsOf = (trainPy: string) => ({ trainPy, prepare: '', program: async () => '' });

/** A lane that begins with a slip; `inputs.trainPy` is what its next start is given. */
function slipped(store = new MemoryStore()) {
  const inputs: { -readonly [key in keyof LaneInputs]: LaneInputs[key] } = inputsOf(SLIP);
  return { ...laneOf({ parts: () => ({ inputs, store }) }), inputs, store };
}

test('the mended file is measured and kept in the same lane', async () => {
  const lane = slipped();
  const stop = await lane.run();
  expect(stop.reason).toBe('baseline');
  expect(stop.sentence).toMatch(
    /^the baseline failed \(name: NameError.*; mend train\.py or the machine, then start again$/,
  );
  expect(lane.measured).toHaveLength(2);
  lane.inputs.trainPy = 'print("mended")\n';
  expect((await lane.run()).reason).toBe('limit');
  const { kept } = await lane.real.view();
  expect(kept[0]).toMatchObject({
    trainPy: 'print("mended")\n',
    decision: { experiment: '000000', attempts: 3 },
  });
  expect(kept).toHaveLength(4);
  expect(lane.troubles()).toEqual([]);
});

test('the same file is tried again as often as somebody starts the lane, and says each time why', async () => {
  const lane = slipped();
  for (const n of [1, 2, 3]) {
    expect((await lane.run()).reason).toBe('baseline');
    expect(lane.measured).toHaveLength(2 * n);
  }
});

test('a lane whose baseline an older release recorded as failed begins again', async () => {
  const store = new MemoryStore();
  const proposed = {
    ...{ experiment: '000000', description: 'baseline', hypothesis: '', source: 'builtin', base: null },
    ...{ trainPy: SLIP, program: '', stackOf: null, createdMs: 0 },
  };
  await store.putIfAbsent(keys.proposal('main', 0), encode(proposed));
  const failed = { experiment: '000000', status: 'crash', valBpb: null } as const;
  const record = { ...draftLike(failed), commit: 'f'.repeat(40) };
  await store.putIfAbsent(keys.record('main', 0), encode(record));
  const lane = slipped(store);
  lane.inputs.trainPy = 'print(1)\n';
  expect((await lane.run()).reason).toBe('limit');
  expect((await lane.real.view()).kept).toHaveLength(4);
});

test('a file is changed only where no number stands for the one before', async () => {
  const lane = slipped();
  lane.inputs.trainPy = 'print(1)\n';
  expect((await lane.run()).reason).toBe('limit');
  lane.inputs.trainPy = 'print(2)\n';
  expect((await lane.run()).reason).toBe('limit');
  const { kept } = await lane.real.view();
  expect(kept[0]!.trainPy).toBe('print(1)\n');
});
