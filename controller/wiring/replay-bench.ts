// Where the runs of a replay are: processes of this machine, or Jobs in the pool of a cluster's lane.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../adapters/clock.ts';
import { poolSchema } from '../adapters/kubernetes/manifest/pool.ts';
import { ProcessExecutor } from '../adapters/process/executor.ts';
import type { Clocks } from '../core/experiment.ts';
import { Failure } from '../failure.ts';
import { clear, keepImage, type ReplayRunner } from '../replay/measure.ts';
import { checkout } from '../settings/checkout.ts';
import { readClusterConfig } from '../settings/cluster.ts';
import { type Trainer, trainers } from '../settings/trainers.ts';
import { withoutChart } from '../settings/values-file.ts';
import { readBegun } from './begun.ts';
import { executorOn, reach, replayLane, withReplays } from './cluster-lane.ts';
import { makeText, secretOf } from './dataset.ts';
import { rulesOf } from './lane.ts';
import { type LaneReader, type LaneSelector, read, readAt } from './lane-reader.ts';
import { replayGpus, usesGpu } from './local-gpus.ts';
import { makePassable, pass } from './modes.ts';
import { LanePaths } from './paths.ts';
import { budgetIn } from './trainer.ts';

export interface ReplayRunnerFlags {
  /** The settings of `autoresearch up`: the runs are Jobs then. */
  readonly config?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  /** A trainer's image other than the pool's. */
  readonly image?: string | undefined;
  /** Validation text that decided nothing yet. */
  readonly unseen: boolean;
  /** The lane's own text, where `unseen` divides it anew and it is not where it was. */
  readonly text?: string | undefined;
  /** Options of prepare.py that the lane's text was made with. */
  readonly prepare?: string | undefined;
  /** Of the budget; the trainer's own where not given. */
  readonly clock?: 'cpu' | 'wall' | 'virtual' | undefined;
}

interface OpenedReplay {
  readonly reader: LaneReader;
  readonly runner: ReplayRunner;
  close(): Promise<void>;
}

const POLL_MS = { process: 200, job: 5000 };

export async function openReplay(where: LaneSelector, flags: ReplayRunnerFlags): Promise<OpenedReplay> {
  if (flags.config !== undefined) return onCluster(where, flags, flags.config);
  if (!flags.unseen && (flags.text !== undefined || flags.prepare !== undefined))
    throw new Failure(
      2,
      "--text and --prepare are for --unseen; without it the lane's own text is measured on",
    );
  if (flags.image) throw new Failure(2, '--image is for the Jobs of a cluster; give --config or --context');
  return onThisMachine(await read(where), flags);
}

/** In a folder of its own that goes with the runs. */
async function onThisMachine(reader: LaneReader, flags: ReplayRunnerFlags): Promise<OpenedReplay> {
  const { lane, paths, view } = reader;
  const conditions = view.kept.at(-1)?.decision.conditions ?? '';
  const begun = await readBegun(lane, reader);
  const trainer = trainers[begun?.trainer ?? 'cpu'];
  const { python, folder: harness, clock } = { ...trainer, ...(flags.clock && { clock: flags.clock }) };
  const meta = await readFile(join(paths.sealed(lane), 'meta.json'), 'utf8').catch(() => {
    const where = 'replay where the lane runs, or give --context of its cluster';
    throw new Failure(3, `the text of lane ${lane} is not in ${paths.dir}; ${where}`);
  });
  const folder = await mkdtemp(join(paths.dir, 'replay-'));
  await pass(folder);
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const texts = flags.unseen
      ? await unseenText(reader, JSON.parse(meta), trainer, new LanePaths(folder), flags)
      : { text: paths.text(lane), sealed: paths.sealed(lane) };
    const runs = join(folder, 'runs');
    await makePassable(runs);
    const gpus = usesGpu(trainer, clock) ? await replayGpus(paths, runs) : undefined;
    const executor = new ProcessExecutor({
      runs,
      gpus,
      python,
      harness,
      supervise: checkout.supervise,
      ...texts,
      clock,
    });
    const clocks = clocksOf(conditions, trainer);
    const rules = { lane, clocks, requireSealed: false, width: gpus?.uuids.length ?? 1 };
    const runner = { ...rules, executor, clock: systemClock, pollMs: POLL_MS.process };
    return {
      reader,
      runner,
      close: async () => {
        await clear(runner); // whatever ended it, no process works in a folder that goes
        executor.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const madeFrom = z.looseObject({ source: z.string().nullable() });

/** The lane's text with other validation text: what its secret keeps back from every run. */
async function unseenText(
  { lane, store }: LaneReader,
  meta: unknown,
  trainer: Trainer,
  fresh: LanePaths,
  { text, prepare = '' }: ReplayRunnerFlags,
): Promise<{ text: string; sealed: string }> {
  const from = text ?? madeFrom.parse(meta).source;
  const secret = await secretOf(store, lane);
  const options = { text: from, prepare: `${prepare} --unseen` };
  await makeText(trainer, join(fresh.dir, lane), fresh.sealed(lane), secret, options);
  return { text: fresh.text(lane), sealed: fresh.sealed(lane) };
}

/** The clocks of a lane from the budget in its Conditions. */
function clocksOf(conditions: string, trainer: Trainer): Clocks {
  const budgetSeconds = budgetIn(conditions) ?? trainer.budgetSeconds;
  const wallSeconds = trainer.wallSeconds(budgetSeconds);
  return { budgetSeconds, startSeconds: wallSeconds, wallSeconds };
}

/** Beside the lane's own runs, under a name that no lane can have; they go on when this process ends, and are adopted. */
async function onCluster(where: LaneSelector, flags: ReplayRunnerFlags, file: string): Promise<OpenedReplay> {
  if (flags.unseen || flags.text !== undefined || flags.prepare !== undefined)
    throw new Failure(
      2,
      'in a cluster the text is in the image; build one with images/build.sh --prepare --unseen --tag unseen and give --image',
    );
  const config = await readClusterConfig(file, withoutChart);
  const names = config.lanes.map(({ name }) => name);
  const name = where.lane ?? (names.length === 1 ? names[0] : undefined);
  const lane = config.lanes.find((one) => one.name === name);
  if (!lane) throw new Failure(2, `say with --lane which of these: ${names.join(', ')}`);
  const settings = { store: config.store, frontier: config.frontier };
  const reader = await readAt(new LanePaths(config.data), settings, lane.name);
  const found = config.pools.find((pool) => pool.name === lane.pool)!;
  const image = flags.image ?? found.image;
  const pool = poolSchema.safeParse({ ...found, image });
  if (!pool.success) throw new Failure(2, `--image ${image} cannot be used:\n${z.prettifyError(pool.error)}`);
  const cluster = await reach(config, flags);
  const runs = replayLane(lane.name);
  const beside = config.lanes.filter((one) => one.pool === lane.pool).map((one) => one.name);
  const deaf = () => {};
  const executor = executorOn(pool.data, withReplays(beside), config, cluster, deaf, deaf);
  // A tag that the pool itself names is taken at its word, as for the lane's own runs.
  if (flags.image !== undefined || image.includes('@sha256:'))
    await keepImage({ executor, lane: runs }, image).catch(async (error) => {
      await cluster.close();
      throw error;
    });
  const { clocks, requireSealed, width } = rulesOf(lane);
  const rules = { lane: runs, clocks, requireSealed, width };
  const runner = { ...rules, executor, clock: systemClock, pollMs: POLL_MS.job };
  return { reader, runner, close: () => cluster.close() };
}
