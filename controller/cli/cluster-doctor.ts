// `autoresearch doctor --context C`: what a cluster has and lacks for the lanes and pools of a config file.
import { Failure } from '../failure.ts';
import { readClusterConfig } from '../settings/cluster.ts';
import { clusterChecks } from '../wiring/cluster-checks.ts';
import { reach } from '../wiring/cluster-lane.ts';
import { diagnose } from './doctor.ts';
import type { Output } from './print.ts';

export interface ClusterFlags {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly config?: string | undefined;
  /** Also start a Pod per pool. */
  readonly probe: boolean;
}

/** Prints all checks; Failure 3 where one fails. */
export async function clusterDoctor({ config: file, probe: starts, ...where }: ClusterFlags, output: Output) {
  if (!file)
    throw new Failure(2, 'doctor needs the pools to look for: --config FILE, as for autoresearch up');
  const config = await readClusterConfig(file);
  // Whether the anchor is there is the chart's affair.
  const cluster = await reach({ ...config, runs: { ...config.runs, anchor: '' } }, where);
  try {
    diagnose(await clusterChecks(cluster, config, starts), output);
  } finally {
    await cluster.close();
  }
}
