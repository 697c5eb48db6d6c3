// What the doctor finds out of this machine by asking the supervisor and NVIDIA's driver.
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { probeChecks } from '../adapters/kubernetes/doctor/probe-lines.ts';
import { listGpus } from '../adapters/process/gpus.ts';
import { runEnvironment } from '../adapters/process/supervisor.ts';
import { checkout } from '../settings/checkout.ts';
import { type TrainerName, trainers } from '../settings/trainers.ts';
import type { Check } from '../std/check.ts';
import { visibleGpus } from './local-gpus.ts';
import { setUp } from './trainer.ts';

/** The GPUs that runs on this machine would be given, for the doctor. */
export async function examinedGpus(): Promise<Check> {
  const found = await listGpus();
  const chosen = visibleGpus(found);
  if (typeof chosen === 'string') {
    const [, what, fix] = /^(.*); (.*?)$/.exec(chosen)!;
    return { check: 'GPUs', result: 'fail', found: what!, fix: fix! };
  }
  const products = [...new Set(found.gpus.map(({ name }) => name))].join(', ');
  const fix = '';
  return { check: 'GPUs', result: 'ok', found: `${chosen.length} for one run each (${products})`, fix };
}

/** What stands behind a number measured here, and what train.py can do, as the supervisor itself finds out. */
export async function examinedSealing(name: TrainerName): Promise<Check[]> {
  const gpu = name === 'gpu';
  const { python, folder } = trainers[name];
  const args = ['-I', checkout.supervise, '--probe', ...(gpu ? ['--gpu', '--harness', folder] : [])];
  const chosen = gpu ? visibleGpus(await listGpus()) : [];
  const env = runEnvironment(tmpdir(), Array.isArray(chosen) ? (chosen[0] ?? null) : null);
  const { stdout, stderr, failed } = await execa(python, args, { reject: false, env, extendEnv: false });
  const fix = `run ${setUp(name)}, then python harness/supervise.py --probe${gpu ? ' --gpu' : ''}`;
  if (failed)
    return [
      {
        check: 'sealing',
        result: 'fail',
        found: stderr?.split('\n').at(-1) || `${python} cannot be started`,
        fix,
      },
    ];
  return probeChecks('sealing', stdout, { gpu, confined: false });
}
