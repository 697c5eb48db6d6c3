import type { BuildOptions } from 'esbuild';

export function bundle(entry: string, folder: string, more?: BuildOptions): Promise<unknown>;
