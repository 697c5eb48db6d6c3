// What a lane's baseline compiled for its GPU, on a volume that outlives its Pod: later runs begin with a copy of it. Only
// the Pod whose train.py is a person's may write there, and each lane and image has a folder of its own.
import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { sha256Hex } from '../../../intent.ts';
import { laneLabel, type RunKey } from './names.ts';
import type { Pool } from './pool.ts';

const NAME = 'compiled';
export const COMPILED_PATH = '/compiled';

interface CompiledParts {
  readonly args: string[];
  readonly mounts: V1VolumeMount[];
  readonly volumes: V1Volume[];
}

/** `release`: that of the Job, '' without one: two may have lanes of one name in one namespace. */
export function compiledParts(run: RunKey, { gpu, image }: Pool, release: string): CompiledParts {
  if (gpu.compiledClaim === undefined) return { args: [], mounts: [], volumes: [] };
  const whose = sha256Hex(JSON.stringify([release, run.lane, image])).slice(0, 16);
  const mount = { name: NAME, mountPath: COMPILED_PATH, subPath: `${laneLabel(run.lane)}-${whose}` };
  return {
    args: ['--compiled', COMPILED_PATH],
    mounts: [{ ...mount, readOnly: !fills(run) }],
    volumes: [{ name: NAME, persistentVolumeClaim: { claimName: gpu.compiledClaim } }],
  };
}

/** Experiment 0 is the baseline, and a later attempt of it may be one that a proposer mended: the rule of harness/seal/compiled.py. */
function fills({ experiment, attempt }: RunKey): boolean {
  return Number(experiment) === 0 && attempt === 1;
}
