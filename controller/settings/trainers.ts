// The trainers that come with this release: where each lies, and what a lane of it gets unless it is told otherwise.

import { join } from 'node:path';
import type { BudgetClock } from '../core/experiment.ts';
import { checkout } from './checkout.ts';

export const trainerNames = ['cpu', 'gpu'] as const;

export type TrainerName = (typeof trainerNames)[number];

export interface Trainer {
  readonly folder: string;
  readonly python: string;
  readonly budgetSeconds: number;
  readonly clock: BudgetClock;
  /** Hard wall of a run. CPU seconds take many times longer by the wall on a busy machine: it ends what hangs. */
  wallSeconds(budgetSeconds: number): number;
}

export const trainers: Record<TrainerName, Trainer> = {
  cpu: {
    folder: checkout.cpu,
    python: checkout.python,
    budgetSeconds: 5,
    clock: 'cpu',
    wallSeconds: (budget) => Math.max(120, 4 * budget),
  },
  gpu: {
    folder: checkout.gpu,
    python: join(checkout.gpu, '.venv', 'bin', 'python'),
    budgetSeconds: 300,
    clock: 'wall',
    // A T4 takes almost five minutes for the 11 steps that the budget does not count.
    wallSeconds: (budget) => Math.max(1200, 2 * budget),
  },
};
