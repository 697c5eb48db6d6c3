// Whether anything keeps the runs of a lane from its validation text: tried, before the first one spends anything.
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { execa } from 'execa';
import { runEnvironment } from '../adapters/process/supervisor.ts';
import { checkout } from '../settings/checkout.ts';
import type { LaneSettings } from '../settings/lane.ts';
import { trainers } from '../settings/trainers.ts';
import { makePassable, makeTextFolders } from './modes.ts';
import type { LanePaths } from './paths.ts';

/** Why nothing confines the runs of this lane here; null where something does, or where nobody can say yet. */
export async function whyUnsealed(
  { name, trainer }: LaneSettings,
  paths: LanePaths,
): Promise<string[] | null> {
  const { python, folder } = trainers[trainer];
  const [text, sealed] = [paths.text(name), paths.sealed(name)];
  await makeTextFolders(dirname(text), sealed);
  await makePassable(paths.runs);
  const where = ['--harness', folder, '--text', text, '--sealed', sealed];
  const { stdout, failed } = await execa(
    python,
    ['-I', checkout.supervise, '--rehearse', paths.runs, ...where],
    { reject: false, env: runEnvironment(tmpdir(), null), extendEnv: false },
  );
  if (failed) return null; // what is missing is said when the lane is opened
  const [level, ...why] = stdout.split('\n');
  return level === 'none' ? why : null;
}
