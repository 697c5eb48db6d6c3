// One lane of `autoresearch dev`: its text, its brief and its processes on this machine.

import { cp, mkdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ProcessExecutor, type ProcessOptions } from '../adapters/process/executor.ts';
import type { LaneContext } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import { checkout } from '../settings/checkout.ts';
import type { DevConfig, DevLane } from '../settings/dev.ts';
import { prepareText } from './dataset.ts';
import { measuredHere } from './foreseen.ts';
import { briefAt, laneContext } from './lane.ts';
import { originalOf } from './original-text.ts';
import type { LanePaths } from './paths.ts';
import { openStore } from './store.ts';
import { trainerOf } from './trainer.ts';

const POLL_MS = 1000;

/** Makes what the lane needs on disk and puts its loop together. `gpus`: where its runs use them. `wake` is called when a run ends. */
export async function openLane(
  lane: DevLane,
  config: DevConfig,
  paths: LanePaths,
  gpus: ProcessOptions['gpus'],
  observer: Observer,
  wake: () => void,
  ending: AbortSignal,
): Promise<LaneContext> {
  const { name } = lane;
  const trainer = trainerOf(lane.trainer);
  const store = await openStore(config.store, paths.store);
  // What is made already needs its original no more: only one that is given now is looked at.
  const from = lane.given.has('text') ? lane.text : await originalOf(name, paths, lane.text);
  const source = { text: from, prepare: lane.prepare };
  const { floorBpb, dataSha256 } = await prepareText(paths, name, store, trainer, source, ending);
  const executor = new ProcessExecutor({
    runs: paths.runs,
    python: trainer.python,
    supervise: checkout.supervise,
    harness: trainer.folder,
    text: paths.text(name),
    sealed: paths.sealed(name),
    compiled: paths.compiled(name),
    clock: lane.clock ?? trainer.clock,
    gpus,
    onChange: wake,
  });
  const brief = paths.program(name);
  const program = lane.program ? await briefAt(brief, lane.program) : await ownProgram(brief);
  const measured = await measuredHere(trainer, dataSha256, gpus?.uuids[0] ?? null);
  return laneContext(
    lane,
    config,
    { paths, store, program, floorBpb, measured, executor, pollMs: POLL_MS },
    observer,
  );
}

/** The lane's own copy of the brief, which a person may edit at any time. */
async function ownProgram(path: string): Promise<() => Promise<string>> {
  if (!(await stat(path).catch(() => null))) {
    await mkdir(dirname(path), { recursive: true });
    await cp(checkout.program, path);
  }
  return () => readFile(path, 'utf8');
}
