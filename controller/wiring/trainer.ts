// A trainer of this checkout, by its name or by the Conditions of the numbers that it measured.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { type Trainer, type TrainerName, trainerNames, trainers } from '../settings/trainers.ts';

/** The command that brings a trainer's packages. */
export function setUp(name: TrainerName): string {
  return `node controller/setup.mjs${name === 'gpu' ? ' --gpu' : ''}`;
}

/** The trainer by its name. Throws Failure 3 where its packages are not there. */
export function trainerOf(name: TrainerName): Trainer {
  const trainer = trainers[name];
  if (existsSync(trainer.python)) return trainer;
  throw new Failure(3, `the ${name} trainer's packages are missing; run ${setUp(name)}, then start again`);
}

/**
 * The trainer that a lane was begun with whose release wrote that nowhere: its Conditions have the sum of all bytes of
 * prepare.py. Undefined for another prepare.py.
 */
export function trainerNameBehind(conditions: string): TrainerName | undefined {
  const prepareOf = (name: TrainerName) =>
    createHash('sha256')
      .update(readFileSync(join(trainers[name].folder, 'prepare.py')))
      .digest('hex');
  return trainerNames.find((name) => conditions.includes(`prepare:${prepareOf(name).slice(0, 16)}`));
}

/** The training budget that Conditions name, in seconds. */
export function budgetIn(conditions: string): number | undefined {
  return Number(/budget:([\d.]+)s/.exec(conditions)?.[1]) || undefined;
}
