// A controller's parts for a cluster: one executor per pool, shared by the pool's lanes.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../adapters/clock.ts';
import { readAnchor } from '../adapters/kubernetes/anchor.ts';
import { Api, Unreachable } from '../adapters/kubernetes/client/api.ts';
import { Credentials } from '../adapters/kubernetes/client/credentials.ts';
import { Announcer } from '../adapters/kubernetes/events.ts';
import { KubernetesExecutor } from '../adapters/kubernetes/executor.ts';
import { keepLease } from '../adapters/kubernetes/lease.ts';
import { type Anchor, releaseOf } from '../adapters/kubernetes/manifest/job.ts';
import { label, laneLabel, leaseName } from '../adapters/kubernetes/manifest/names.ts';
import type { Pool } from '../adapters/kubernetes/manifest/pool.ts';
import { deleteOrphans } from '../adapters/kubernetes/orphans.ts';
import { variable } from '../environment.ts';
import { Failure } from '../failure.ts';
import { endsWell, type LaneContext, type Stop } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import { NodeFaults } from '../loop/turn/node-faults.ts';
import { jobEventsObserver as jobEvents } from '../observers/job-events.ts';
import type { GivenLane } from '../settings/begun.ts';
import { checkout } from '../settings/checkout.ts';
import type { ClusterConfig } from '../settings/cluster.ts';

import { briefAt, laneContext } from './lane.ts';
import { LanePaths } from './paths.ts';
import { openStore } from './store.ts';

const POLL_MS = 10_000;

export interface Cluster {
  readonly api: Api;
  /** Where the Jobs are. */
  readonly namespace: string;
  readonly anchor: Anchor | null;
  /** Which nodes fail, over all lanes. */
  readonly nodes: NodeFaults;
  close(): Promise<void>;
}

/** Reaches the cluster and finds the object that owns the Jobs. */
export async function reach(
  config: ClusterConfig,
  where: { context?: string | undefined; namespace?: string | undefined },
): Promise<Cluster> {
  const credentials = new Credentials({ context: where.context, kubeconfig: variable('KUBECONFIG') });
  const api = new Api({ credentials, clock: systemClock, random: Math.random });
  const namespace = config.runs.namespace || where.namespace || credentials.namespace || 'default';
  const anchor = config.runs.anchor ? await anchorOf(api, namespace, config.runs.anchor) : null;
  return { api, namespace, anchor, nodes: new NodeFaults(), close: () => credentials.close() };
}

/** The ConfigMap that owns the Jobs. Throws Failure 3 where it cannot be read. */
export async function anchorOf(api: Api, namespace: string, name: string): Promise<Anchor> {
  const found = await readAnchor(api, namespace, name).catch((error) => {
    throw error instanceof Unreachable ? new Failure(3, error.message) : error;
  });
  if (found.kind === 'ok') return found.anchor;
  throw new Failure(3, `${found.sentence}; without the chart leave runs.anchor empty`);
}

/** Wakes one lane, because something happened in the cluster. */
type Wake = (lane: string) => void;

/** By the name of their pool. */
export type Executors = ReadonlyMap<string, KubernetesExecutor>;

/** One executor per pool that has lanes. `says`: told once what is not allowed and can be done without. */
export function executorsOf(
  config: ClusterConfig,
  cluster: Cluster,
  wake: Wake,
  says: (sentence: string) => void,
): Map<string, KubernetesExecutor> {
  const executors = new Map<string, KubernetesExecutor>();
  for (const pool of config.pools) {
    const lanes = config.lanes.filter((lane) => lane.pool === pool.name).map((lane) => lane.name);
    if (lanes.length === 0) continue;
    executors.set(
      pool.name,
      executorOn(
        pool,
        withReplays(lanes),
        config,
        cluster,
        // A turn of each of a hundred lanes for every run of one of them costs more than the runs.
        (lane) => (lane === null ? lanes.forEach(wake) : wake(lane)),
        says,
      ),
    );
  }
  return executors;
}

/** The executor of these lanes in a pool. */
export function executorOn(
  pool: Pool,
  lanes: readonly string[],
  { runs }: Pick<ClusterConfig, 'runs'>,
  { api, namespace, anchor, nodes }: Cluster,
  onChange: (lane: string | null) => void,
  says: (sentence: string) => void,
): KubernetesExecutor {
  const nonce = () => randomBytes(16).toString('hex');
  const { leakGuardHours, ttlSeconds } = runs;
  const never = () => nodes.avoided(systemClock.now());
  const ours = { lanes, pool, nonce, onChange, says, never, leakGuardHours, ttlSeconds };
  return new KubernetesExecutor({ api, clock: systemClock, namespace, anchor, ...ours });
}

/** These lanes and their replays, whose runs take slots of the pool, too. */
export function withReplays(lanes: readonly string[]): string[] {
  return lanes.flatMap((lane) => [lane, replayLane(lane)]);
}

/** What the Jobs of `autoresearch replay` are labelled with: the lane's own controller shall not take them for its own. */
export function replayLane(lane: string): string {
  return `${lane}.replay`;
}

/** Deletes this release's Jobs of lanes that are no longer in the settings. `says`: told which, or why they were not looked for. */
export async function removeOrphans(
  { lanes }: ClusterConfig,
  { api, namespace, anchor }: Cluster,
  says: (sentence: string) => void,
): Promise<void> {
  if (!anchor) return; // others may have made what is there
  const kept = withReplays(lanes.map(({ name }) => name));
  try {
    for (const job of await deleteOrphans({ api, namespace, anchor, lanes: kept }))
      says(`Job ${job} is deleted: its lane is no longer in the settings`);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    says(`Jobs of lanes that left the settings stay until the next start: ${error.message}`);
  }
}

/** What somebody may type who asks the cluster about a lane. */
export function commandsAbout(
  { namespace, anchor }: Pick<Cluster, 'namespace' | 'anchor'>,
  lane: string,
): string[] {
  const kubectl = `kubectl --namespace ${namespace}`;
  const labelled = `${label.lane}=${laneLabel(lane)}`;
  return [
    `${kubectl} get pods --selector ${labelled} --output wide`,
    `${kubectl} get events --field-selector involvedObject.kind=Job --sort-by .lastTimestamp`,
    `${kubectl} get lease ${leaseName(lane, releaseOf(anchor))}`,
  ];
}

/** Tells what happens in a lane by Events on its Jobs; and by `stopped` on the controller's Deployment, if it has one. */
export function eventsObserver(
  lane: string,
  { runs }: Pick<ClusterConfig, 'runs'>,
  { api, namespace }: Cluster,
  executor: KubernetesExecutor,
): { readonly observer: Observer; stopped(stop: Stop): void } {
  const jobOf: KubernetesExecutor['jobOf'] = (key) => executor.jobOf(key);
  const announcer = new Announcer({ api, clock: systemClock, namespace, jobOf });
  return {
    observer: jobEvents(lane, announcer, systemClock, runs.deployment),
    stopped(stop) {
      if (runs.deployment) announcer.stopped(runs.deployment, lane, stop.sentence, endsWell(stop));
    },
  };
}

/** Waits until this holder leads the lane; how it is given up, and whether it was lost. `waits` is told for whom it waits. */
export function leadLane(
  { api, namespace, anchor }: Cluster,
  holder: string,
  lane: string,
  signal: AbortSignal,
  waits: (sentence: string) => void,
): ReturnType<typeof keepLease> {
  return keepLease({ api, namespace, holder, anchor }, lane, signal, waits);
}

/** Puts a lane's loop together on the controller's volume. */
export async function clusterContext(
  lane: GivenLane,
  config: ClusterConfig,
  executor: KubernetesExecutor,
  observer: Observer,
): Promise<LaneContext> {
  const paths = new LanePaths(config.data);
  const store = await openStore(config.store, paths.store);
  const brief = lane.program || (await readFile(checkout.program, 'utf8'));
  const program = await briefAt(paths.program(lane.name), brief);
  const inTheImage = { floorBpb: null, measured: null };
  return laneContext(
    lane,
    config,
    { paths, store, program, ...inTheImage, executor, pollMs: POLL_MS },
    observer,
  );
}
