// `run`: a train.py once, by hand, on the public sample of its text. It leaves no row, and nobody confines it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { Failure } from '../failure.ts';
import type { TrainerName } from '../settings/trainers.ts';
import { readBegun } from '../wiring/begun.ts';
import { type LaneSelector, lanesIn, read } from '../wiring/lane-reader.ts';
import { runnable } from '../wiring/manual-run.ts';
import { LanePaths } from '../wiring/paths.ts';
import { usable } from './steer/train-file.ts';
import { talk } from './terminal/terminal.ts';

interface RunOptions extends LaneSelector {
  readonly trainer?: TrainerName | undefined;
  readonly budget?: number | undefined;
}

/** `file`: left out, the newest keep of the lane, or the trainer's own where there is none. Throws Failure as it ends. */
export async function run(file: string | undefined, options: RunOptions): Promise<void> {
  const trainPy = file === undefined ? null : await usable(file);
  const lane = await laneOf(options);
  const own = lane?.begun ?? {};
  const trainer = options.trainer ?? own.trainer ?? 'cpu';
  // The text of another trainer is none for this one.
  const text = lane && (own.trainer ?? 'cpu') === trainer ? lane.text : null;
  const folder = await mkdtemp(join(tmpdir(), 'autoresearch-run-'));
  const heard = () => {}; // a terminal tells the run, too, which ends
  process.on('SIGINT', heard).on('SIGTERM', heard);
  try {
    const budget = options.budget ?? own.budgetSeconds;
    const { python, env } = await runnable(folder, trainer, trainPy ?? lane?.trainPy ?? null, {
      text,
      budget,
    });
    const whose = lane ? `the text and the budget of lane ${lane.name}` : 'a text made for it';
    talk(`${file ?? 'train.py'} runs by hand, not confined, with ${whose}; its number compares with no row`);
    const { exitCode, signal } = await execa(python, ['train.py'], {
      cwd: folder,
      env,
      extendEnv: false,
      stdio: 'inherit',
      reject: false,
    });
    if (signal === 'SIGINT' || exitCode === 130) throw new Failure(130, 'stopped as asked');
    if (exitCode !== 0)
      throw new Failure(
        1,
        `train.py ended with ${signal ?? `code ${exitCode}`}; what it printed above tells why`,
      );
    if (file !== undefined && lane)
      talk(`To have it measured in the lane: autoresearch try ${file} -m "what it changes"`);
  } finally {
    process.off('SIGINT', heard).off('SIGTERM', heard);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Null where there is none, or where several are and none is named. */
async function laneOf(where: LaneSelector) {
  if (where.lane === undefined) {
    const lanes = await lanesIn(where).catch((error: unknown) => {
      if (error instanceof Failure) return []; // no lane is there
      throw error;
    });
    if (lanes.length !== 1) return null;
  }
  const reader = await read(where);
  const trainPy = reader.view.kept.at(-1)?.trainPy ?? null;
  const text = new LanePaths(where.dir).text(reader.lane);
  return { name: reader.lane, begun: await readBegun(reader.lane, reader), trainPy, text };
}
