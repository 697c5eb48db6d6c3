// Lanes to do a fault to: each has its baseline, the file that is struck, and one more, for which its slot must be free.
import { afterAll, beforeAll } from 'vitest';
import { type Cluster, loadedImage, type NoCluster, present } from '../fixture.ts';
import { Lab, type LabOptions, plain } from './lab.ts';

export const STRUCK = '000001';
export const NEXT = '000002';

type InLab = (
  trainPy: string,
  changes: Pick<LabOptions, 'lane' | 'pool'>,
  work: (lab: Lab) => Promise<void>,
) => Promise<void>;

/** Measures one baseline before the tests of a file; what it gives begins a lane on it and ends the lane again. */
export function struckLanes(found: Cluster | NoCluster): InLab {
  let image: string;
  let baseline: Lab | undefined;
  beforeAll(async () => {
    if ('missing' in found) return;
    image = await loadedImage(found, 'trainer');
    baseline = await Lab.begin({ cluster: found, image, name: 'baseline', from: null });
    const code = await (await baseline.work()).ends();
    if (code !== 0) throw new Error(`the baseline was not measured:\n${baseline.story}`);
  }, 1_800_000);
  afterAll(async () => baseline?.end());
  return async (trainPy, changes, work) => {
    const cluster = present(found);
    const lab = await Lab.begin({ cluster, image, name: 'fault', from: baseline!.data, ...changes });
    try {
      await lab.try(trainPy, 'struck');
      await lab.try(plain('next'), 'next');
      await work(lab);
    } finally {
      await lab.end();
    }
  };
}
