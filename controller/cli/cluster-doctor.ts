// `autoresearch doctor --context C`: what a cluster has and lacks for the lanes and pools of a config file.
import { Failure } from '../failure.ts';
import { readClusterConfig } from '../settings/cluster.ts';
import { withoutChart } from '../settings/values-file.ts';
import { clusterChecks } from '../wiring/cluster-checks.ts';
import { reach } from '../wiring/cluster-lane.ts';
import { diagnose } from './doctor.ts';
import type { Output } from './terminal/print.ts';

export interface ClusterFlags {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly config?: string | undefined;
  /** NAMESPACE/NAME of the controller's service account. */
  readonly account?: string | undefined;
  /** Also start a Pod per pool. */
  readonly probe: boolean;
}

/** Prints all checks; Failure 3 where one fails. */
export async function clusterDoctor(
  { config: file, probe: starts, account: named, ...where }: ClusterFlags,
  output: Output,
) {
  const account = named === undefined ? null : accountOf(named);
  if (!file)
    throw new Failure(
      2,
      'doctor needs the pools to look for: give --config FILE, settings of autoresearch up or values of the chart',
    );
  const config = await readClusterConfig(file, withoutChart);
  // Whether the anchor is there is the chart's affair.
  const cluster = await reach({ ...config, runs: { ...config.runs, anchor: '' } }, where);
  try {
    diagnose(await clusterChecks(cluster, config, starts, account), output);
  } finally {
    await cluster.close();
  }
}

function accountOf(text: string) {
  const [namespace, name, more] = text.split('/');
  if (!namespace || !name || more !== undefined)
    throw new Failure(2, `${text} names no service account; write --account NAMESPACE/NAME`);
  return { namespace, name };
}
