// One lane's loop, put together from its settings around the executor of its pool.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../adapters/clock.ts';
import type { MeasuredWith } from '../core/conditions.ts';
import type { Decision } from '../core/decision.ts';
import type { Lane } from '../core/experiment.ts';
import { allVariables } from '../environment.ts';
import type { LaneContext } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import { publisher } from '../loop/publishing.ts';
import { StoredReplays } from '../replay/stored.ts';
import { knownNoiseOf } from '../report/known-noise.ts';
import { briefWords } from '../report/noise-words.ts';
import { reportWriter } from '../report/publish.ts';
import type { GivenLane } from '../settings/begun.ts';
import type { LaneSettings, SharedSettings } from '../settings/lane.ts';
import { trainers } from '../settings/trainers.ts';
import { begunWith, remember } from './begun.ts';
import { foreseenConditions } from './foreseen.ts';
import { folderOf, openFrontier } from './frontier.ts';
import type { LanePaths } from './paths.ts';
import { laneProposer } from './proposers/proposer.ts';
import { publishPolicyOf } from './store.ts';

/** The rules of a lane as the settings give them; how far ahead it is asked, and for how much, its proposer says. */
export function rulesOf(lane: LaneSettings): Lane {
  const { name, width, seed, confirm, evidence, requireSealed, budgetSeconds, wallSeconds, limits } = lane;
  return {
    name,
    width,
    seed,
    clocks: { budgetSeconds, startSeconds: wallSeconds, wallSeconds },
    confirm,
    evidence,
    requireSealed,
    ahead: 0,
    limits: { experiments: limits.experiments, gpuHours: limits.maxGpuHours, usd: null },
  };
}

/** What depends on where the lane's runs are. */
interface LaneEnvironment extends Pick<LaneContext, 'executor' | 'store' | 'pollMs'> {
  readonly paths: LanePaths;
  /** The brief in force; a person may edit it. */
  readonly program: () => Promise<string>;
  /** Below it no model gets; null where nobody knows. */
  readonly floorBpb: number | null;
  /** What its runs are measured with; null where only the trainer's image says so. */
  readonly measured: MeasuredWith | null;
}

export async function laneContext(
  lane: GivenLane,
  shared: SharedSettings,
  { paths, store, program, floorBpb, measured, executor, pollMs }: LaneEnvironment,
  observer: Observer,
): Promise<LaneContext> {
  const { name } = lane;
  const trainer = trainers[lane.trainer].folder;
  const folder = await folderOf(trainer, await program());
  const trainPy = lane.trainPy || (await readFile(join(trainer, 'train.py'), 'utf8'));
  const replays = new StoredReplays(store, name);
  const inputs = {
    trainPy,
    prepare: await readFile(join(trainer, 'prepare.py'), 'utf8'),
    program,
    noise: async (tip: string, decisions: readonly Decision[]) =>
      briefWords(knownNoiseOf(await replays.all(), decisions), tip),
    conditions: foreseenConditions(measured, lane.budgetSeconds),
  };
  const secrets = [paths.dir, shared.frontier.credentials, lane.text ?? ''].filter(Boolean);
  const parts = { store, clock: systemClock, inputs, observer, secrets, env: allVariables() };
  const { proposer, spentUsd, flow, capUsd, freeIdeas } = await laneProposer(shared.proposer, name, parts);
  const rules = rulesOf(lane);
  const views = reportWriter(name, store, floorBpb, () => replays.all());
  return {
    lane: { ...rules, freeIdeas, limits: { ...rules.limits, usd: capUsd } },
    store,
    frontier: openFrontier(shared.frontier, paths, name, folder).frontier,
    executor,
    clock: systemClock,
    proposer,
    flow,
    inputs,
    remember: (kept) => remember(store, name, begunWith(lane), kept),
    observer,
    publish: publisher(name, store, publishPolicyOf(shared.store), views),
    spentUsd,
    pollMs,
  };
}

/** A brief that the settings say. They are the truth; the file is for those who read and `try` in this folder. */
export async function briefAt(path: string, brief: string): Promise<() => Promise<string>> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, brief);
  return async () => brief;
}
