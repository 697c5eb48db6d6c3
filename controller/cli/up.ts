// `autoresearch up`: the controller of a cluster's lanes, inside it or from a laptop.

import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { stringify } from 'yaml';
import { Failure } from '../failure.ts';
import type { Stop } from '../loop/context.ts';
import { observeAll } from '../loop/observer.ts';
import { runRounds } from '../loop/rounds.ts';
import { Health } from '../observers/health.ts';
import { logObserver } from '../observers/log.ts';
import { Metrics } from '../observers/metrics.ts';
import { StatusFile } from '../observers/status-file.ts';
import type { GivenLane } from '../settings/begun.ts';
import { version } from '../settings/checkout.ts';
import { type ClusterConfig, readClusterConfig } from '../settings/cluster.ts';
import { clusterDefaults } from '../settings/lane.ts';
import { withoutChart } from '../settings/values-file.ts';
import { refuseOld, refuseUnwritable, unreachable } from '../wiring/cluster-checks.ts';
import {
  type Cluster,
  clusterContext,
  commandsAbout,
  type Executors,
  eventsObserver,
  executorsOf,
  leadLane,
  reach,
  removeOrphans,
} from '../wiring/cluster-lane.ts';
import { rulesOf } from '../wiring/lane.ts';
import { LanePaths } from '../wiring/paths.ts';
import { openStore } from '../wiring/store.ts';
import { begunLane } from './begin-from.ts';
import { exitCodeOf } from './exit-codes.ts';
import { interruptedBy } from './interrupt.ts';
import { noticesTo } from './notices.ts';
import { clusterPage } from './own-page.ts';
import { withUsableFile } from './steer/train-file.ts';
import { write } from './terminal/print.ts';

const AGAIN_MS = 10_000;
const NOTICES_MS = 5000;

export interface UpOptions {
  readonly config: string;
  readonly context?: string;
  readonly namespace?: string;
  /** Port of /livez, /readyz and /metrics; none from a laptop. */
  readonly port?: number;
  readonly dryRun: boolean;
  /** Where a person is told of keeps, a plateau and a lane's end. */
  readonly notify?: string;
}

export async function up(options: UpOptions): Promise<void> {
  const config = await readClusterConfig(options.config, withoutChart);
  const cluster = await reach(config, options);
  const wakes = new Map<string, () => void>();
  const log = pino();
  const executors = executorsOf(
    config,
    cluster,
    (lane) => wakes.get(lane)?.(),
    (sentence) => log.warn(sentence),
  );
  try {
    if (options.dryRun) return await printJobs(config, executors);
    await refuseUnwritable(config.data);
    await refuseOld(cluster);
    await removeOrphans(config, cluster, (sentence) => log.warn(sentence));
    await runAll(config, cluster, executors, wakes, options, log);
  } finally {
    await cluster.close();
  }
}

async function runAll(
  config: ClusterConfig,
  cluster: Cluster,
  executors: Executors,
  wakes: Map<string, () => void>,
  { port, notify }: UpOptions,
  log: Logger,
): Promise<void> {
  // A Pod's name: its container waits for no Lease of its own after a restart, and two Pods wait for each other.
  const holder = `${hostname()}:${resolve(config.data)}`;
  const metrics = new Metrics(version());
  const health = new Health(
    config.lanes.map((lane) => lane.name),
    metrics,
    () => unreachable(cluster),
  );
  const notices = await noticesTo(notify, (sentence) => log.warn(sentence));
  const ending = new AbortController();
  const page = clusterPage(config, ending.signal, (sentence) => log.warn(sentence));
  const deaf = interruptedBy(ending);
  const listening = port === undefined ? null : await health.listen(port);
  const watching = [...executors.values()].map((executor) => executor.watch(ending.signal));
  try {
    const stops = await Promise.all(
      config.lanes.map(async (lane): Promise<Stop> => {
        const executor = executors.get(lane.pool)!;
        const { name } = lane;
        const events = eventsObserver(name, config, cluster, executor);
        const observers = [
          logObserver(log, name),
          health.observer(name),
          metrics.observer(name),
          events.observer,
          ...(notices ? [notices.observer(name)] : []),
          ...(page ? [page.observer(name)] : []),
        ];
        const status = new StatusFile(
          new LanePaths(config.data).status(name),
          (sentence) => log.warn({ lane: name }, sentence),
          { holder, pool: lane.pool, commands: commandsAbout(cluster, name) },
        );
        const observer = observeAll(...observers, status.observer);
        const stopped = async (stop: Stop) => {
          log.info({ lane: name, reason: stop.reason }, stop.sentence);
          health.stopped(name, stop);
          if (!ending.signal.aborted) events.stopped(stop);
          metrics.stopped(name, stop);
          notices?.stopped(name, stop);
          status.stopped(stop);
          await status.settled();
        };
        const same = await resumedLane(lane, config, ending.signal, (sentence) =>
          observer.happened({ kind: 'trouble', sentence }),
        );
        if (typeof same === 'string') {
          const stop: Stop = { reason: 'conditions', sentence: same };
          await stopped(stop);
          return stop;
        }
        const context = { ...(await clusterContext(same, config, executor, observer)), nodes: cluster.nodes };
        const lead = () => {
          health.heartbeat(name);
          return leadLane(cluster, holder, name, ending.signal, (sentence) => {
            observer.happened({ kind: 'held', sentence });
            status.waitsForLease(sentence);
            health.heartbeat(name);
          });
        };
        const trouble = (sentence: string) => log.warn({ lane: name }, sentence);
        const onWake = (wake: () => void) => wakes.set(name, wake);
        return runRounds(context, ending.signal, onWake, {
          lead,
          stopped,
          trouble,
          stays: listening !== null,
        });
      }),
    );
    // In a cluster a process that ends is started again: what is done stays up, so that it can be asked.
    if (listening && !ending.signal.aborted)
      await new Promise((done) => ending.signal.addEventListener('abort', done));
    // Who ended it knows that; of a lane that had stopped by itself before they may not.
    else if (!listening) refuse(stops.filter(({ reason }) => !ending.signal.aborted || reason !== 'asked'));
  } finally {
    ending.abort();
    await Promise.all([...watching, listening?.close(), notices?.close(NOTICES_MS)]);
    await Promise.all([...watching, listening?.close(), page?.close()]);
    deaf();
  }
}

/** The lane as it was begun, or why it is not run. A store that is away is waited for. */
async function resumedLane(
  lane: GivenLane,
  config: ClusterConfig,
  ending: AbortSignal,
  trouble: (sentence: string) => void,
): Promise<GivenLane | string> {
  while (!ending.aborted) {
    try {
      const paths = new LanePaths(config.data);
      const store = await openStore(config.store, paths.store);
      return await begunLane(lane, { paths, store, settings: config }, clusterDefaults.wallAtLeast);
    } catch (error) {
      if (error instanceof Failure) return error.message;
      trouble(`${(error as Error).message}; looking again in ${AGAIN_MS / 1000} s`);
      await delay(AGAIN_MS, undefined, { signal: ending }).catch(() => {});
    }
  }
  return lane; // it is ended before it runs
}

export function refuse(stops: readonly Stop[]): void {
  const bad = stops.find((stop) => exitCodeOf(stop) !== 0);
  if (bad) throw new Failure(exitCodeOf(bad), bad.sentence);
}

/** The Job of each lane's baseline, as it would be created. */
async function printJobs(config: ClusterConfig, executors: Executors): Promise<void> {
  for (const lane of config.lanes) {
    const { name, seed, clocks, requireSealed } = rulesOf(lane);
    const { inputs } = await clusterContext(
      await withUsableFile(lane),
      { ...config, proposer: 'builtin' }, // nothing is proposed, so no key is needed
      executors.get(lane.pool)!,
      logObserver(pino({ enabled: false }), name),
    );
    const intent = {
      lane: name,
      experiment: '000000',
      attempt: 1,
      parent: null,
      trainPy: inputs.trainPy,
      seed,
      clocks,
      requireSealed,
    };
    const job = executors.get(lane.pool)!.manifestOf(intent);
    if (!job) throw new Failure(2, `the train.py of lane ${name} is too large for a Job; make it smaller`);
    write(`---\n${stringify(job)}`);
  }
}
