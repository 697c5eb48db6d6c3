// The GPUs of this machine for the lanes of `autoresearch dev`, found before anything runs: one for each run.
import type { ProcessOptions } from '../adapters/process/executor.ts';
import { GpuSlots } from '../adapters/process/gpu-slots.ts';
import { chooseGpus, type FoundGpus, listGpus } from '../adapters/process/gpus.ts';
import type { BudgetClock } from '../core/experiment.ts';
import { variableAsSet } from '../environment.ts';
import { Failure } from '../failure.ts';
import type { DevConfig } from '../settings/dev.ts';
import type { LaneSettings } from '../settings/lane.ts';
import { type Trainer, trainers } from '../settings/trainers.ts';
import type { LanePaths } from './paths.ts';

/** By the name of the lane; lanes that use no GPU are left out. */
export type LocalGpus = ReadonlyMap<string, ProcessOptions['gpus']>;

/** Whether a run of this trainer is to have a GPU: tests and trials count its budget by another clock. */
export function usesGpu(trainer: Trainer, clock: BudgetClock): boolean {
  return trainer === trainers.gpu && clock === 'wall';
}

/** Throws Failure 2 or 3 where there are none, others than named, of two products, or too few. */
export async function localGpus(config: Pick<DevConfig, 'lanes'>, { runs }: LanePaths): Promise<LocalGpus> {
  const lanes = config.lanes.filter(({ trainer: name, clock }) => {
    const trainer = trainers[name];
    return usesGpu(trainer, clock ?? trainer.clock);
  });
  if (lanes.length === 0) return new Map();
  const found = await listGpus();
  const slots = new GpuSlots(runs);
  const chosen = new Map(lanes.map((lane) => [lane.name, { uuids: chosenBy(lane.gpus, found), slots }]));
  for (const lane of lanes) {
    const { uuids } = chosen.get(lane.name)!;
    ofOneProduct(lane.name, uuids, found);
    enoughFor(
      lanes.filter(({ name }) => chosen.get(name)!.uuids.every((uuid) => uuids.includes(uuid))),
      uuids,
    );
  }
  enoughFor(
    lanes,
    [...chosen.values()].flatMap(({ uuids }) => uuids),
  );
  return chosen;
}

/**
 * The GPUs for a replay whose runs are in `runs`: all that this process may use, of the first one's product. Those that
 * the lanes of `paths` use are given when they are free. Throws Failure 2 or 3.
 */
export async function replayGpus(
  paths: LanePaths,
  runs: string,
): Promise<NonNullable<ProcessOptions['gpus']>> {
  const found = await listGpus();
  const [first] = byProduct(chosenBy(null, found), found).values();
  return { uuids: first!.map(({ uuid }) => uuid), slots: new GpuSlots(runs, paths.runs) };
}

/** Those that runs may have where the settings name none; or why there are none, a sentence that ends with what to do. */
export function visibleGpus(found: FoundGpus): readonly string[] | string {
  return chooseGpus(found, variableAsSet('CUDA_VISIBLE_DEVICES') ?? null, 'CUDA_VISIBLE_DEVICES');
}

function chosenBy(given: string | null, found: FoundGpus): readonly string[] {
  const chosen = given === null ? visibleGpus(found) : chooseGpus(found, given, '--gpus (in a file gpus)');
  if (typeof chosen === 'string') throw new Failure(found.gpus.length === 0 ? 3 : 2, chosen);
  return chosen;
}

/** Numbers of two products are never compared: what a lane measured on one would be refused on the other. */
function ofOneProduct(lane: string, uuids: readonly string[], found: FoundGpus): void {
  const products = byProduct(uuids, found);
  if (products.size < 2) return;
  const each = [...products].map(
    ([name, given]) => `${given.map(({ called }) => called).join(',')} (${name})`,
  );
  throw new Failure(
    2,
    `lane ${lane} has GPUs of ${products.size} products, whose numbers cannot be compared; give --gpus (in a file gpus) of one: ${each.join(' or ')}`,
  );
}

/** Those of `uuids` by product, in the order of nvidia-smi; `called`: as --gpus names them. */
function byProduct(
  uuids: readonly string[],
  { gpus }: FoundGpus,
): Map<string, { uuid: string; called: string }[]> {
  const products = new Map<string, { uuid: string; called: string }[]>();
  for (const { index, uuid, name, parts } of gpus) {
    const whole = [{ uuid, called: String(index) }];
    const all = parts.length > 0 ? parts.map((part) => ({ uuid: part, called: part })) : whole;
    const given = all.filter((one) => uuids.includes(one.uuid));
    if (given.length > 0) products.set(name, [...(products.get(name) ?? []), ...given]);
  }
  return products;
}

function enoughFor(lanes: readonly LaneSettings[], uuids: readonly string[]): void {
  const width = lanes.reduce((sum, lane) => sum + lane.width, 0);
  const gpus = new Set(uuids).size;
  if (width <= gpus) return;
  const who = lanes.length === 1 ? `lane ${lanes[0]!.name} is` : 'the lanes together are';
  throw new Failure(
    2,
    `${who} ${width} wide, and each run needs a GPU, but there are ${gpus}; give a --width of ${gpus} in all, or more --gpus`,
  );
}
