// The folder that `dev` works in, made where it is missing.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { DevConfig } from '../settings/dev.ts';
import { partOf } from '../wiring/lane-reader.ts';
import { keepFromGit, makePassable, pass } from '../wiring/modes.ts';
import { LanePaths } from '../wiring/paths.ts';

/** Throws Failure 2 where it is a part of another one: what began there would be lost from sight. */
export async function foldersOf({ ephemeral, data }: DevConfig): Promise<LanePaths> {
  const paths = new LanePaths(ephemeral ? await mkdtemp(join(tmpdir(), 'autoresearch-')) : data);
  const part = await partOf(paths);
  if (part) throw new Failure(2, part);
  await makePassable(paths.dir);
  await keepFromGit(paths.dir);
  if (ephemeral) await pass(paths.dir);
  return paths;
}
