// I9 for a person's way back from a keep: ended around every call of every port, it ends as if it never was.
import { expect, test } from 'vitest';
import { frontierFiles } from '../../controller/core/retraction.ts';
import type { Mischief } from '../sim/life.ts';
import { type Call, inWords } from '../sim/tap.ts';
import { MemoryLane } from './memory.ts';
import { FILES } from './script.ts';

/** The baseline and a keep; then the person goes back to the baseline, and one more experiment follows. */
async function retracted(mischief: Mischief): Promise<MemoryLane> {
  const lane = new MemoryLane();
  const kept = lane.begin(() => {}, true, 1);
  await lane.until([kept], () => !kept.living);
  await lane.person(({ tip }) => ({
    description: 'back to 000000, retracting 000001',
    ...{ hypothesis: '', source: 'retract', base: tip!.commit, trainPy: FILES[0]! },
    ...{ program: '', stackOf: null, createdMs: 0 },
  }));
  const first = lane.begin(mischief, true, 3);
  await lane.until([first], () => !first.living);
  if (!first.dead) return lane;
  const second = lane.begin(() => {}, true, 3);
  await lane.until([second], () => !second.living);
  return lane;
}

test('dropped from memory before and after every call of a retraction, it ends as if it never was', {
  timeout: 900_000,
}, async () => {
  const calls: string[] = [];
  const undisturbed = await retracted((_, call, when) => {
    if (when === 'before') calls.push(inWords(call));
  });
  const { decisions, tip } = await undisturbed.reread();
  const told = decisions.map(({ experiment, status, reason, valBpb }) => [
    experiment,
    status,
    reason,
    valBpb,
  ]);
  expect(told).toEqual([
    ['000000', 'keep', 'baseline', 2],
    ['000001', 'keep', 'better', 1.9],
    ['000002', 'keep', 'retracted', 2],
    ['000003', 'keep', 'better', 1.85],
  ]);
  expect([...tip!.withdrawn]).toEqual([decisions[1]!.commit]);
  expect([...frontierFiles(decisions).withdrawn]).toEqual([...tip!.withdrawn]);
  const remains = await undisturbed.remains();
  for (let k = 1; k <= calls.length; k++)
    for (const when of ['before', 'after'] as const) {
      let count = 0;
      let mine: Call | null = null;
      const lane = await retracted((life, call, side) => {
        if (side === 'before' && ++count === k) mine = call;
        if (call === mine && side === when) life.kill();
      });
      expect(await lane.remains(), `${when} call ${k}, ${calls[k - 1]}`).toEqual(remains);
    }
  console.log(`crash sweep of a retraction: ${2 * calls.length} points, each with a clean restart`);
});
