// A lane opened for reading: no claim is made, so a controller at work does not notice.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { liveLog } from '../adapters/process/rundir.ts';
import { Failure } from '../failure.ts';
import { Ledger } from '../loop/ledger.ts';
import type { Frontier, FrontierView, Store } from '../ports.ts';
import { laneName } from '../settings/lane.ts';
import { type RemoteFlags, type RemoteSettings, remoteSettings } from '../settings/remotes.ts';
import { openFrontier, remoteLanes } from './frontier.ts';
import { notedRemotes, remotesOf } from './lane-remotes.ts';
import { LanePaths } from './paths.ts';
import { openStore } from './store.ts';

export interface LaneReader {
  readonly lane: string;
  readonly paths: LanePaths;
  readonly settings: RemoteSettings;
  /** The frontier's repository on this machine. */
  readonly repo: string;
  readonly store: Store;
  readonly frontier: Frontier;
  readonly view: FrontierView;
  readonly ledger: Ledger;
  /** What of it cannot be read, a sentence each that ends with what to do. */
  readonly damaged: readonly string[];
}

/** Which lane under which folder a command speaks of. */
export interface LaneSelector extends RemoteFlags {
  readonly dir: string;
  readonly lane?: string | undefined;
}

/** The lanes of the remote, or under the folder; Failure 3 where there is none. */
export async function lanesIn(where: LaneSelector): Promise<string[]> {
  return lanesAt(new LanePaths(where.dir), remoteSettings(where));
}

/** The same by settings instead of flags. */
export async function lanesAt(paths: LanePaths, { frontier }: RemoteSettings): Promise<string[]> {
  const remote = await remoteLanes(frontier, paths);
  if (remote?.length === 0)
    throw new Failure(3, `${frontier.url} holds no lane; begin one with autoresearch dev`);
  if (remote) return remote;
  const lanes = await lanesHere(paths);
  if (lanes.length > 0) return lanes;
  const begin = `${paths.dir} holds no lane; begin one with autoresearch dev, or name its folder with --dir`;
  throw new Failure(3, (await partOf(paths)) ?? begin);
}

/** By name; none where the folder is not there. */
async function lanesHere(paths: LanePaths): Promise<string[]> {
  const names = await readdir(paths.dir).catch(() => []);
  const lanes: string[] = [];
  for (const name of names) if (await isLane(name, paths)) lanes.push(name);
  return lanes.sort();
}

/** Why nobody means this folder, and which one to name: it holds no lane, and is a part of another that does; else null. */
export async function partOf(paths: LanePaths): Promise<string | null> {
  for (let at = paths.dir; dirname(at) !== at; at = dirname(at)) {
    const around = new LanePaths(dirname(at));
    const shared = [around.store, around.runs].includes(at) && (await lanesHere(around)).length > 0;
    if (!shared && !(await isLane(basename(at), around))) continue;
    if ((await lanesHere(paths)).length > 0) return null;
    return `${paths.dir} is a part of ${around.dir}, which holds lanes; give --dir ${around.dir}, or a folder of its own`;
  }
  return null;
}

/** A name that a lane may have, and a repository that was made for its branch, here or elsewhere: backups and copies of clouds lie beside lanes. */
async function isLane(name: string, paths: LanePaths): Promise<boolean> {
  if (!laneName.safeParse(name).success) return false;
  const far = notedRemotes(paths, name).then((noted) => noted !== null && noted.frontier.url !== '');
  if (await far.catch(() => true)) return true; // to open a damaged one says so
  const inside = (...parts: string[]) => join(paths.frontier(name), ...parts);
  // Claimed under this name, whatever a person has made of its HEAD.
  if (await isThere(inside('refs', 'autoresearch', name, 'writer'))) return true;
  const head = await readFile(inside('HEAD'), 'utf8').catch((error) => (error.code === 'ENOENT' ? '' : null));
  // What is damaged or nobody's to read is refused with a sentence when it is opened.
  if (head === null) return isThere(paths.frontier(name));
  if (!head.startsWith('ref: ')) return isThere(inside('objects'));
  return head.trim() === `ref: refs/heads/autoresearch/${name}`;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** The lane that was named, or the only one there is. */
export async function selected(where: LaneSelector): Promise<string> {
  const lanes = await lanesIn(where);
  const lane = where.lane ?? lanes[0]!;
  if (!lanes.includes(lane))
    throw new Failure(3, `there is no lane ${lane}; name one that is there with --lane: ${lanes.join(', ')}`);
  if (!where.lane && lanes.length > 1)
    throw new Failure(2, `there are several lanes; say which with --lane: ${lanes.join(', ')}`);
  return lane;
}

export async function read(where: LaneSelector): Promise<LaneReader> {
  return readLane(where, await selected(where));
}

export const liveLogOf = ({ lane, paths }: LaneReader, experiment: string, attempt: number): string =>
  liveLog(paths.runs, lane, experiment, attempt);

export async function readLane(where: LaneSelector, lane: string): Promise<LaneReader> {
  const paths = new LanePaths(where.dir);
  return readAt(paths, await remotesOf(paths, lane, remoteSettings(where)), lane);
}

export async function readAt(paths: LanePaths, settings: RemoteSettings, lane: string): Promise<LaneReader> {
  const store = await openStore(settings.store, paths.store);
  const { frontier, repo } = openFrontier(settings.frontier, paths, lane);
  const view = await frontier.view();
  // The wall is a controller's to know; nobody who only reads asks what open attempts have spent.
  const damaged = new Set<string>();
  const about = { name: lane, clocks: { wallSeconds: 0 } };
  const ledger = await Ledger.read(about, store, view, (sentence) => damaged.add(sentence));
  return { damaged: [...damaged], lane, paths, settings, repo, store, frontier, view, ledger };
}
