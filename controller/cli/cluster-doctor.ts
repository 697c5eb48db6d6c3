// `autoresearch doctor --context C`: what a cluster has and lacks for the lanes and pools of a config file.
import { examine } from '../adapters/kubernetes/doctor/gather.ts';
import { probe } from '../adapters/kubernetes/doctor/probe-pod.ts';
import { Failure } from '../failure.ts';
import { readClusterConfig } from '../settings/cluster.ts';
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
    const checks = await examine(cluster.api, cluster.namespace, config.pools);
    const failed = checks.filter(({ result }) => result === 'fail').map(({ check }) => check);
    // A Pod that cannot come tells in two minutes what is known already.
    const promising = config.pools.filter(
      ({ name }) => !failed.some((check) => !check.startsWith('pool ') || check.startsWith(`pool ${name}:`)),
    );
    for (const pool of starts ? promising : [])
      checks.push(...(await probe(cluster.api, cluster.namespace, pool)));
    diagnose(checks, output);
  } finally {
    await cluster.close();
  }
}
