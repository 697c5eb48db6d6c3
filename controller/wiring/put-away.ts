// A lane of this machine taken out of its folder, whole: into a folder of its own, which reads like any other, or for good.
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { observeRun, runNames } from '../adapters/process/observe.ts';
import { parseRunName } from '../adapters/process/rundir.ts';
import { readStatus } from '../observers/status-file.ts';
import { makePassable } from './modes.ts';
import { LanePaths } from './paths.ts';

/** No lane can have this name. */
const ARCHIVE = '_archive';

/** Why nobody may take it away now, and what to do; null where it is nobody's. */
export async function inUse(lane: string, paths: LanePaths): Promise<string | null> {
  const status = await readStatus(paths.status(lane)).catch(() => null);
  if (status?.alive)
    return `the controller of ${lane} is at work (process ${status.pid}); stop it first, or take the lane out of its settings`;
  for (const entry of await runNames(paths.runs, lane)) {
    const name = parseRunName(entry)!;
    const run = await observeRun(join(paths.runs, entry), name);
    if (run && run.state.kind === 'running')
      return `run ${name.experiment} of ${lane} is still under way; wait for its end with autoresearch logs -f ${Number(name.experiment)} --lane ${lane}`;
  }
  return null;
}

/** Moves all of it into a new folder under `paths`, and gives that: `--dir` of every command takes it. */
export async function archiveLane(lane: string, paths: LanePaths, day: string): Promise<string> {
  const to = new LanePaths(await freeFolder(join(paths.dir, ARCHIVE, `${lane}-${day}`)));
  await makePassable(to.dir);
  for (const entry of await runNames(paths.runs, lane))
    await move(join(paths.runs, entry), join(to.runs, entry));
  // The branch goes first: what is left of a move that was cut short is no lane any more.
  await move(join(paths.dir, lane), join(to.dir, lane));
  await move(join(paths.store, lane), join(to.store, lane));
  return to.dir;
}

/** Deletes all of it. What a cut leaves is no lane, and goes at the next call. */
export async function removeLane(lane: string, paths: LanePaths): Promise<void> {
  const runs = (await runNames(paths.runs, lane)).map((entry) => join(paths.runs, entry));
  for (const folder of [...runs, join(paths.store, lane), join(paths.dir, lane)])
    await rm(folder, { recursive: true, force: true });
}

async function freeFolder(wanted: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? wanted : `${wanted}-${n}`;
    if (!(await stat(folder).catch(() => null))) return folder;
  }
}

async function move(from: string, to: string): Promise<void> {
  if (!(await stat(from).catch(() => null))) return;
  await mkdir(dirname(to), { recursive: true });
  await rename(from, to);
}
