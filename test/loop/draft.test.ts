// What a row says of memory: of the GPU where the run had one, else of the processes.
import { expect, test } from 'vitest';
import type { SealedResult } from '../../controller/core/outcome.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { laneOf } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';

test.each<[string, Partial<SealedResult>, number]>([
  ["the GPU's peak", { gpu_total_mb: 143_360, gpu_peak_mb: 45_060.2 }, 45_060.2],
  ['what the processes took on a CPU', {}, 100],
  [
    'what the processes took where train.py says nothing of the GPU',
    { gpu_total_mb: 9, gpu_peak_mb: null },
    100,
  ],
  ['what the processes took where it measures none', { gpu_total_mb: 9, gpu_peak_mb: 0 }, 100],
])('the memory of a row is %s', async (_, gpu, memoryMb) => {
  const lane = laneOf({
    rules: { limits: { experiments: 0, gpuHours: null, usd: null } },
    parts: (_usual, time) => {
      const machine = new MemoryMachine(({ trainPy }, { nonce }) => {
        const sealed = JSON.stringify({ ...sealedRun(trainPy, nonce, 2.5, 1), ...gpu });
        return { durationMs: 1000, log: '', ending: { word: '', sentence: '', sealed } };
      }, time.driver);
      return { executor: machine.open() };
    },
  });
  await lane.run();
  const [decision] = lane.happened.flatMap((what) => (what.kind === 'decided' ? [what.decision] : []));
  expect(decision).toMatchObject({ status: 'keep', memoryMb });
});
