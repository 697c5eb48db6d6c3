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

/** The places of a lane that is only read: those that are given, or else those that were noted. */
export async function remotesOf(
  paths: LanePaths,
  lane: string,
  given: RemoteSettings,
): Promise<RemoteSettings> {
  if (isFar(given)) return given;
  return (await notedRemotes(paths, lane)) ?? given;
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
  let places = given;
  for (const lane of lanes) {
    const noted = await notedRemotes(paths, lane);
    if (noted === null) continue;
    for (const part of PARTS) {
      const [was, is] = [noted[part].url, places[part].url];
      if (is === '') places = { ...places, [part]: noted[part] };
      else if (is !== was) throw new Failure(2, otherwise(lane, part, was, given[part].url));
    }
  }
  return places;
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

function isFar({ store, frontier }: RemoteSettings): boolean {
  return store.url !== '' || frontier.url !== '';
}
