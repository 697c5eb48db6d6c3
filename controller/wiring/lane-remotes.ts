// Where a lane of this machine keeps its store and its frontier: noted as it begins, so that later commands need not be told.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { urlOf } from '../adapters/git/remote.ts';
import { Failure } from '../failure.ts';
import { type RemoteSettings, remotesShape } from '../settings/remotes.ts';
import { makePassable } from './modes.ts';
import type { LanePaths } from './paths.ts';

const PARTS = ['store', 'frontier'] as const;

/** What was noted; null where nothing was. Throws Failure 3 where the note is damaged. */
export async function notedRemotes(paths: LanePaths, lane: string): Promise<RemoteSettings | null> {
  const file = paths.remotes(lane);
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return remotesShape.parse(JSON.parse(text));
  } catch {
    const out = 'remove it, and name them with --store and --frontier';
    throw new Failure(3, `${file} is damaged: it does not say where lane ${lane} lives; ${out}`);
  }
}

/** The places of a lane that is only read: those that are given, with what was noted of the lane that they name. */
export async function remotesOf(
  paths: LanePaths,
  lane: string,
  given: RemoteSettings,
): Promise<RemoteSettings> {
  if (PARTS.every((part) => given[part].url !== '')) return given;
  const noted = await notedRemotes(paths, lane);
  if (noted === null) return given;
  const named = fromAnywhere(given);
  const same = PARTS.every((part) => named[part].url === '' || named[part].url === noted[part].url);
  return same ? completed(given, noted) : given;
}

/**
 * The places of lanes that are about to run: each as it was noted, where it is not given. Throws Failure 2 where another
 * one is given, or where the lanes have different ones.
 */
export async function remotesToRun(
  paths: LanePaths,
  lanes: readonly string[],
  settings: RemoteSettings,
): Promise<RemoteSettings> {
  const given = fromAnywhere(settings);
  const all = await Promise.all(
    lanes.map(async (lane) => ({ lane, noted: await notedRemotes(paths, lane) })),
  );
  const begun = all.flatMap(({ lane, noted }) => (noted === null ? [] : [{ lane, noted }]));
  let places = given;
  for (const { noted } of begun) places = completed(places, noted);
  for (const { lane, noted } of begun)
    for (const part of PARTS)
      if (noted[part].url !== places[part].url)
        throw new Failure(2, otherwise(lane, part, noted[part].url, given[part].url));
  return places;
}

/** What is given, and where nothing is what was noted. */
function completed(given: RemoteSettings, noted: RemoteSettings): RemoteSettings {
  const { store, frontier } = given;
  return {
    store: store.url === '' ? noted.store : store,
    frontier: frontier.url === '' ? noted.frontier : frontier,
  };
}

function otherwise(lane: string, part: string, was: string, is: string): string {
  const begun = `lane ${lane} was begun with its ${part} ${was || 'on this machine'}`;
  return is === ''
    ? `${begun}, and another lane was not; run each with --lane alone`
    : `${begun}; leave out --${part} ${is}, or use another --dir`;
}

/** Notes them, once they are known to be good: the lane has been opened there. */
export async function noteRemotes(paths: LanePaths, lane: string, places: RemoteSettings): Promise<void> {
  const file = paths.remotes(lane);
  await makePassable(dirname(file));
  await writeFile(`${file}.new`, `${JSON.stringify(fromAnywhere(places), null, 1)}\n`);
  await rename(`${file}.new`, file);
}

/** A path means the same whatever folder a later command is called in. */
function fromAnywhere({ store, frontier: { url, credentials } }: RemoteSettings): RemoteSettings {
  const parsed = url === '' ? null : urlOf(url);
  const at = parsed !== null && typeof parsed !== 'string' && parsed.kind === 'path' ? parsed.url : url;
  return { store, frontier: { url: at, credentials: credentials && resolve(credentials) } };
}
