// What a lane was begun with, in its store: written while it has no baseline, and never changed after.
import { resolve } from 'node:path';
import { keys } from '../core/keys.ts';
import { Failure } from '../failure.ts';
import type { AcceptedCommit, FrontierView, Store } from '../ports.ts';
import { type Begun, begunSchema, type GivenLane, resumed } from '../settings/begun.ts';
import type { FrontierSettings } from '../settings/frontier.ts';
import { decode, encode } from '../std/json.ts';
import { asFile } from '../std/text.ts';
import { sourceOf } from './dataset.ts';
import { openFrontier } from './frontier.ts';
import type { LanePaths } from './paths.ts';
import { budgetIn, trainerNameBehind } from './trainer.ts';

/** Where a lane lives. */
export interface LaneHome {
  readonly paths: LanePaths;
  readonly store: Store;
  readonly frontier: FrontierSettings;
}

/** The lane, its first file read, as it was begun; a sentence where something else is given now. A new lane is as given. */
export async function resume<L extends GivenLane>(
  lane: L,
  home: LaneHome,
  wallAtLeast: number,
): Promise<L | string> {
  const { name, given } = lane;
  const file = lane.trainPy || null;
  const stored = await recorded(name, home.store);
  const first = stored && file === null ? null : await baselineOf(name, home);
  const begun = stored ?? (await ofBaseline(name, home.paths, first));
  if (begun === null) return lane;
  const was = first?.trainPy ?? begun.trainPy;
  // Older releases kept a file's own ends of lines.
  const trainPy = file !== null && was !== undefined && asFile(was) === file ? was : file;
  const same = resumed(lane, { ...begun, ...(first && { trainPy: first.trainPy }) }, trainPy, wallAtLeast);
  if (typeof same !== 'string' || first || (await baselineOf(name, home))) return same;
  // Without a baseline there are no numbers yet: what is given now is what the lane is begun with.
  const others = Object.entries(begun).filter(
    ([key]) => !given.has(key) && !(key === 'trainPy' && trainPy !== null),
  );
  return resumed(lane, Object.fromEntries(others), trainPy, wallAtLeast);
}

/** Makes it durable what a lane is begun with: replaced until its baseline is kept, and never after. */
export async function remember(store: Store, name: string, begun: Begun, kept: boolean): Promise<void> {
  const key = keys.begun(name);
  if (kept) await store.putIfAbsent(key, encode(begun));
  else await store.put(key, encode(begun));
}

/** Its own first train.py, too, where it brings one. */
export function begunWith(lane: GivenLane): Begun {
  const { trainer, budgetSeconds, seed, confirm, evidence, requireSealed, pool } = lane;
  const { text, prepare, clock, trainPy, from, gpuResource, imageDigest } = lane;
  const rules = { trainer, budgetSeconds, seed, confirm, evidence, requireSealed, pool, from };
  return {
    ...rules,
    ...(trainPy && { trainPy }),
    text: text == null ? text : resolve(text),
    prepare,
    clock,
    gpuResource,
    imageDigest,
  };
}

/** What a lane that is read was begun with; null where it is not known. */
export async function readBegun(
  name: string,
  { store, paths, view }: { store: Store; paths: LanePaths; view: FrontierView },
): Promise<Begun | null> {
  return (await recorded(name, store)) ?? ofBaseline(name, paths, view.kept[0] ?? null);
}

/** What the store says; null where a lane is new, or of a release that wrote nothing. */
export async function recorded(name: string, store: Store): Promise<Begun | null> {
  const key = keys.begun(name);
  const bytes = await store.get(key);
  if (bytes === null) return null;
  try {
    // What an older release began has none.
    return { evidence: 0, from: '', ...begunSchema.parse(decode(bytes)) };
  } catch {
    const why = 'remove it, and the lane is taken to be as its baseline and the flags say';
    throw new Failure(
      3,
      `${key} in the store is damaged: it does not say what lane ${name} was begun with; ${why}`,
    );
  }
}

/** What the baseline of an older release's lane tells of it; null where none is kept. */
async function ofBaseline(
  name: string,
  paths: LanePaths,
  first: AcceptedCommit | null,
): Promise<Begun | null> {
  if (first === null) return null;
  const { conditions, seed, measured } = first.decision;
  const text = await sourceOf(paths, name);
  return {
    seed,
    trainPy: first.trainPy,
    trainer: trainerNameBehind(conditions),
    budgetSeconds: budgetIn(conditions),
    ...(!measured && { evidence: 0 }),
    ...(text !== undefined && { text }),
  };
}

async function baselineOf(name: string, { paths, frontier }: LaneHome): Promise<AcceptedCommit | null> {
  const view = await openFrontier(frontier, paths, name).frontier.view();
  return view.kept[0] ?? null;
}
