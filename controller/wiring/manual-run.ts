// A trainer's folder as a person would have it, for a train.py that is run by hand.
import { access, cp, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runEnvironment } from '../adapters/process/supervisor.ts';
import { driverPath, variableAsSet } from '../environment.ts';
import type { TrainerName } from '../settings/trainers.ts';
import { trainerOf } from './trainer.ts';

interface ByHand {
  /** The public text of a lane; null: the trainer makes one for this user. */
  readonly text: string | null;
  /** Seconds of training; the trainer's own where it is left out. */
  readonly budget: number | undefined;
}

/** Fills `folder` and says how to start train.py there. `trainPy`: null is the trainer's own. Throws Failure 3 where its packages are not there. */
export async function runnable(
  folder: string,
  name: TrainerName,
  trainPy: string | null,
  { text, budget }: ByHand,
): Promise<{ python: string; env: Record<string, string> }> {
  const { python, folder: from } = trainerOf(name);
  for (const file of ['prepare.py', 'chain.py']) await cp(join(from, file), join(folder, file));
  await writeFile(join(folder, 'train.py'), trainPy ?? (await readFile(join(from, 'train.py'))));
  const made =
    text !== null &&
    (await access(text).then(
      () => true,
      () => false,
    ));
  const gpus = variableAsSet('CUDA_VISIBLE_DEVICES');
  // As in a lane, nothing else of the shell gets there.
  const env = runEnvironment(homedir(), null, {
    ...(made && { AUTORESEARCH_TEXT: text }),
    ...(budget !== undefined && { AUTORESEARCH_BUDGET: String(budget) }),
    ...(gpus !== undefined && { CUDA_VISIBLE_DEVICES: gpus }),
    ...(name === 'gpu' && driverPath()),
    PYTHONUNBUFFERED: '1',
  });
  return { python, env };
}
