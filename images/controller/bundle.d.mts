import type { BuildOptions, BuildResult } from 'esbuild';

export function bundle<More extends BuildOptions>(
  entry: string,
  folder: string,
  more?: More,
): Promise<BuildResult<More>>;
