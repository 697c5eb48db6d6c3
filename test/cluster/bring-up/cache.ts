// Where set-up keeps what is expensive to make, so that it is made once per version.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** ${XDG_CACHE_HOME:-~/.cache}/autoresearch/cluster. */
export const cacheDir = join(
  process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
  'autoresearch',
  'cluster',
);

/** Links to the tools in use, under their plain names: put it first on PATH. */
export const toolsOnPath = join(cacheDir, 'bin');

/** The environment of a command that finds our tools before any other. */
export function withTools(): { PATH: string } {
  return { PATH: `${toolsOnPath}:${process.env.PATH ?? ''}` };
}
