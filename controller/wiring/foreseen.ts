// What is known of the Conditions before anything runs, so that a lane that was begun under other ones spends nothing.
import { tmpdir } from 'node:os';
import { execa } from 'execa';
import { runEnvironment } from '../adapters/process/supervisor.ts';
import { conditionsOf, type MeasuredWith } from '../core/conditions.ts';
import { checkout } from '../settings/checkout.ts';
import type { Trainer } from '../settings/trainers.ts';

const UNKNOWN: MeasuredWith = { prepare_sha256: '', supervise_sha256: '', data_sha256: '', gpu: '' };

/** A part of what `conditionsOf` writes. `measured`: null where only the trainer's image has the files. */
export function foreseenConditions(measured: MeasuredWith | null, budgetSeconds: number): string {
  const all = conditionsOf(measured ?? UNKNOWN, '', budgetSeconds);
  return measured
    ? all
    : all
        .split(' ')
        .filter((part) => part.startsWith('budget:'))
        .join(' ');
}

/**
 * What a run of this trainer would be measured with here, as its supervisor says it; null where it cannot say so, which
 * the first run will tell. `gpu`: the UUID of the one that it would have.
 */
export async function measuredHere(
  trainer: Trainer,
  dataSha256: string,
  gpu: string | null,
): Promise<MeasuredWith | null> {
  const options = ['--conditions', '--harness', trainer.folder, ...(gpu === null ? [] : ['--gpu'])];
  const { stdout, failed } = await execa(trainer.python, ['-I', checkout.supervise, ...options], {
    reject: false,
    env: runEnvironment(tmpdir(), gpu),
    extendEnv: false,
  });
  if (failed) return null;
  const [conditions, product] = stdout.split('\n');
  return { ...UNKNOWN, conditions, gpu: product ?? '', data_sha256: dataSha256 };
}
