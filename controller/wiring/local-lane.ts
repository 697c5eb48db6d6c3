// One lane of `autoresearch dev`, put together from the embedded parts.

import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../adapters/clock.ts';
import { ProcessExecutor } from '../adapters/process/executor.ts';
import type { Lane } from '../core/experiment.ts';
import { Failure } from '../failure.ts';
import type { Loop } from '../loop/context.ts';
import type { Watcher } from '../loop/observer.ts';
import { viewsOf } from '../report/publish.ts';
import { checkout } from '../settings/checkout.ts';
import type { DevConfig } from '../settings/dev.ts';
import { trainers } from '../settings/trainers.ts';
import { prepareText } from './dataset.ts';
import { folderOf, openFrontier } from './frontier.ts';
import type { Place } from './paths.ts';
import { proposingOf } from './proposer.ts';
import { openStore, restOf } from './store.ts';
import { trainerOf } from './trainer.ts';

const POLL_MS = 1000;

/** The rules of a lane as the settings give them. */
export function laneOf(name: string, config: DevConfig): Lane {
  const wallSeconds = trainers[config.trainer].wallSeconds(config.budget);
  return {
    name,
    width: config.width,
    seed: config.seed,
    clocks: { budgetSeconds: config.budget, startSeconds: wallSeconds, wallSeconds },
    confirm: config.confirm,
    requireSealed: config.requireSealed,
    ahead: 0,
    limits: { experiments: config.experiments, gpuHours: config.hours, usd: null },
  };
}

/** Makes what the lane needs on disk and puts its loop together. `wake` is called when a run ends. */
export async function openLane(
  name: string,
  config: DevConfig,
  place: Place,
  watcher: Watcher,
  wake: () => void,
): Promise<Loop> {
  const trainer = trainerOf(config.trainer);
  const store = await openStore(config.store, place.store);
  const text = await prepareText(place, name, store, trainer, config);
  await copyOnce(checkout.program, place.program(name));
  const program = () => readFile(place.program(name), 'utf8');
  const folder = await folderOf(trainer.folder, await program());
  const brought = {
    trainPy: await firstTrainPy(config.trainPy ?? join(trainer.folder, 'train.py')),
    prepare: await readFile(join(trainer.folder, 'prepare.py'), 'utf8'),
    program,
  };
  const parts = { store, clock: systemClock, brought, watcher };
  const { proposer, spentUsd, ahead, capUsd } = await proposingOf(
    config.proposer,
    name,
    parts,
    process.env.ANTHROPIC_API_KEY,
  );
  const rules = laneOf(name, config);
  return {
    lane: { ...rules, ahead, limits: { ...rules.limits, usd: capUsd } },
    store,
    frontier: openFrontier(config.frontier, place, name, folder).frontier,
    executor: new ProcessExecutor({
      runs: place.runs,
      python: trainer.python,
      supervise: checkout.supervise,
      harness: trainer.folder,
      text: place.text(name),
      sealed: place.sealed(name),
      clock: config.clock,
      onChange: wake,
    }),
    clock: systemClock,
    proposer,
    brought,
    watcher,
    publish: viewsOf(name, store, text.floorBpb, restOf(config.store)),
    spentUsd,
    pollMs: POLL_MS,
  };
}

async function firstTrainPy(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new Failure(2, `${path} cannot be read; give --train-py a file`);
  });
}

async function copyOnce(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => null)) return;
  await mkdir(dirname(to), { recursive: true });
  await cp(from, to);
}
