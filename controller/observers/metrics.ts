// What Prometheus reads of a controller. Counters begin at 0 with the process; gauges say what is true of the lane.
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { caps } from '../core/decide.ts';
import { statuses } from '../core/decision.ts';
import type { Outcome } from '../core/outcome.ts';
import type { PaidCall } from '../core/spend.ts';
import { attemptKey, type World } from '../core/world.ts';
import type { Stop } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import type { Clock } from '../ports.ts';

const STATES = ['pending', 'running', 'ended'] as const;
const REASONS = {
  limit: 0,
  exhausted: 0,
  unpaid: 0,
  refused: 0,
  misconfigured: 0,
  asked: 0,
  baseline: 0,
  conditions: 0,
  fenced: 0,
  foreign: 0,
  machine: 0,
} satisfies Record<Stop['reason'], 0>;
/** From a trainer on a CPU to a node that has yet to be bought and an image of gigabytes. */
const SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 3600];

export class Metrics {
  readonly #registry = new Registry();
  readonly #experiments = this.#counter('experiments_total', 'Decided experiments.', ['lane', 'status']);
  readonly #crashes = this.#counter('crashes_total', 'Crashed experiments by cause.', ['lane', 'error']);
  readonly #lost = this.#counter('attempts_lost_total', 'Attempts that the machine lost.', ['lane', 'cause']);
  readonly #nodeLost = this.#counter(
    'node_losses_total',
    'Attempts that the machine lost, by the node that they were on.',
    ['node', 'cause'],
  );
  readonly #nodeAvoided = this.#counter(
    'nodes_avoided_total',
    'Times that a node failed several experiments in a row, so that runs avoid it for an hour, where their pool avoids nodes.',
    ['node'],
  );
  readonly #seconds = this.#counter('run_seconds_total', 'Machine seconds of decided experiments.', [
    'lane',
    'gpu',
  ]);
  readonly #advanced = this.#counter('frontier_advances_total', 'Keeps beyond the baseline.', ['lane']);
  readonly #troubles = this.#counter('troubles_total', 'Times that a lane could not go on.', ['lane']);
  readonly #tokens = this.#counter('llm_tokens_total', 'Tokens of a language model.', [
    'lane',
    'model',
    'type',
  ]);
  readonly #calls = this.#counter('llm_calls_total', 'Paid calls by how they ended.', [
    'lane',
    'model',
    'outcome',
  ]);
  readonly #phases = this.#histogram(
    'run_phase_seconds',
    'Training by the clock of the budget, evaluation by the wall.',
    ['lane', 'phase'],
  );
  readonly #startup = this.#histogram(
    'job_startup_seconds',
    'Seconds from a run first seen pending to its beginning.',
    ['lane'],
  );
  readonly #best = this.#gauge('best_val_bpb', 'Metric of the frontier.', ['lane']);
  readonly #active = this.#gauge('active_runs', 'Runs by state.', ['lane', 'state']);
  readonly #width = this.#gauge('slots', 'Runs at a time that the lane may have.', ['lane']);
  readonly #oldest = this.#gauge(
    'oldest_pending_seconds',
    'Seconds that the longest waiting run has waited; 0 where none waits.',
    ['lane'],
  );
  readonly #looked = this.#gauge('last_look_timestamp_seconds', 'When the lane last looked at its world.', [
    'lane',
  ]);
  readonly #stopped = this.#gauge('stopped', '1 where the lane has stopped for this reason.', [
    'lane',
    'reason',
  ]);
  readonly #paused = this.#gauge('paused', '1 where a person paused the lane.', ['lane']);
  readonly #hours = this.#gauge('gpu_hours', 'Hours of all runs, spent and allowed.', ['lane', 'kind']);
  readonly #usd = this.#gauge('usd', 'Dollars for ideas, spent or reserved, and allowed.', ['lane', 'kind']);
  /** By lane: the attempts that were pending at the last look, and since when. */
  readonly #pending = new Map<string, ReadonlyMap<string, number>>();

  readonly #clock: Pick<Clock, 'now'>;

  constructor(version: string, clock: Pick<Clock, 'now'> = Date) {
    this.#clock = clock;
    this.#gauge('build_info', 'The version that runs.', ['version']).set({ version }, 1);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  observer(lane: string): Observer {
    this.#begin(lane);
    return {
      happened: (event) => {
        if (event.kind === 'trouble') this.#troubles.inc({ lane });
        if (event.kind === 'avoided') this.#nodeAvoided.inc({ node: event.node });
        if (event.kind === 'measured') this.#measured(lane, event.result.outcome);
        if (event.kind === 'paid') this.#paid(lane, event.call);
        if (event.kind !== 'decided') return;
        const { status, error, spentSeconds, experiment, gpu } = event.decision;
        this.#experiments.inc({ lane, status });
        this.#seconds.inc({ lane, gpu }, spentSeconds);
        if (status === 'crash') this.#crashes.inc({ lane, error });
        if (status === 'keep' && Number(experiment) > 0) this.#advanced.inc({ lane });
      },
      turn: (world) => this.#saw(lane, world),
    };
  }

  /** Until the lane looks again. */
  stopped(lane: string, { reason }: Stop): void {
    this.#goesOn(lane);
    this.#stopped.set({ lane, reason }, 1);
  }

  #goesOn(lane: string): void {
    for (const reason of Object.keys(REASONS)) this.#stopped.set({ lane, reason }, 0);
  }

  /** An increase from nothing to 1 is none to Prometheus: what an alert waits for begins at 0. */
  #begin(lane: string): void {
    for (const status of statuses) this.#experiments.inc({ lane, status }, 0);
    this.#advanced.inc({ lane }, 0);
    this.#troubles.inc({ lane }, 0);
    this.#looked.set({ lane }, this.#clock.now() / 1000);
    this.#goesOn(lane);
  }

  #measured(lane: string, { kind, reason, sealed, node }: Outcome): void {
    if (kind === 'lost') this.#lost.inc({ lane, cause: reason });
    if (kind === 'lost' && node) this.#nodeLost.inc({ node, cause: reason });
    if (kind !== 'finished' || !sealed) return;
    const { start_seconds: asked, training_seconds: trained, wall_seconds: wall } = sealed;
    this.#phases.observe({ lane, phase: 'train' }, trained);
    this.#phases.observe({ lane, phase: 'evaluate' }, Math.max(0, wall - asked));
  }

  #paid(lane: string, { model, used }: PaidCall): void {
    this.#calls.inc({ lane, model, outcome: used?.outcome ?? 'unknown' });
    if (used === null) return;
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = used.usage;
    this.#tokens.inc({ lane, model, type: 'input' }, inputTokens);
    this.#tokens.inc({ lane, model, type: 'output' }, outputTokens);
    this.#tokens.inc({ lane, model, type: 'cache_read' }, cacheReadTokens);
    this.#tokens.inc({ lane, model, type: 'cache_write' }, cacheWriteTokens);
  }

  #saw(lane: string, world: World): void {
    const { control, tip, runs, spentSeconds, spentUsd } = world;
    this.#goesOn(lane);
    this.#looked.set({ lane }, this.#clock.now() / 1000);
    this.#width.set({ lane }, world.lane.width);
    this.#paused.set({ lane }, control.paused ? 1 : 0);
    if (tip) this.#best.set({ lane }, tip.bpb);
    for (const state of STATES)
      this.#active.set({ lane, state }, runs.filter((run) => run.state.kind === state).length);
    this.#oldest.set({ lane }, this.#pendingSeconds(runs));
    this.#hours.set({ lane, kind: 'spent' }, spentSeconds / 3600);
    this.#usd.set({ lane, kind: 'spent' }, spentUsd);
    const { gpuHours, usd } = caps(world);
    for (const [gauge, cap] of [
      [this.#hours, gpuHours],
      [this.#usd, usd],
    ] as const)
      if (cap === null) gauge.remove({ lane, kind: 'cap' });
      else gauge.set({ lane, kind: 'cap' }, cap);
    this.#timeStartups(lane, runs);
  }

  #pendingSeconds(runs: World['runs']): number {
    const now = this.#clock.now();
    return Math.max(
      0,
      ...runs.map(({ state }) => (state.kind === 'pending' ? (now - state.sinceMs) / 1000 : 0)),
    );
  }

  #timeStartups(lane: string, runs: World['runs']): void {
    const before = this.#pending.get(lane);
    const pending = new Map<string, number>();
    for (const { experiment, attempt, state } of runs) {
      const key = attemptKey(experiment, attempt);
      const since = before?.get(key);
      const began = beganMs(state);
      if (state.kind === 'pending') pending.set(key, state.sinceMs);
      else if (began !== null && since !== undefined)
        this.#startup.observe({ lane }, Math.max(0, began - since) / 1000);
    }
    this.#pending.set(lane, pending);
  }

  #counter<const L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter(this.#named(name, help, labelNames));
  }

  #gauge<const L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge(this.#named(name, help, labelNames));
  }

  #histogram<const L extends string>(name: string, help: string, labelNames: readonly L[]): Histogram<L> {
    return new Histogram({ ...this.#named(name, help, labelNames), buckets: SECONDS });
  }

  #named<const L extends string>(name: string, help: string, labelNames: readonly L[]) {
    return { name: `autoresearch_${name}`, help, labelNames: [...labelNames], registers: [this.#registry] };
  }
}

/** When a run began; null where nobody knows. One may end before anybody has seen it running. */
function beganMs(state: World['runs'][number]['state']): number | null {
  if (state.kind === 'running') return state.sinceMs;
  if (state.kind !== 'ended' || state.ending.ranSeconds === undefined) return null;
  return state.ending.atMs - 1000 * state.ending.ranSeconds;
}
