// What the machines of a lane did since its controller began: how long runs took to come to training, and what nodes lost.
import type { Outcome } from '../core/outcome.ts';
import { attemptKey, type World } from '../core/world.ts';
import type { LaneEvent } from '../loop/observer.ts';
import type { MachineView } from '../views/machine.ts';

const FINISHED_AT_MOST = 20;
const LOSSES_AT_MOST = 20;

export class MachineFacts {
  #machine: MachineView;
  /** By attempt: since when it waits, as of the last look. */
  #pending: ReadonlyMap<string, number> = new Map();
  /** All of them, by node and cause: which is the most frequent shows only later. */
  readonly #losses = new Map<string, MachineView['losses'][number]>();
  /** By experiment: how long its newest attempt waited, in all and for a node. */
  readonly #waited = new Map<string, { waited: number; placed: number | null }>();

  constructor(about: Pick<MachineView, 'holder' | 'pool' | 'commands'>, beganMs: number) {
    this.#machine = { ...about, beganMs, width: 1, finished: [], losses: [] };
  }

  get now(): MachineView {
    return this.#machine;
  }

  happened(event: LaneEvent): void {
    if (event.kind === 'measured') this.#measured(event.experiment, event.result.outcome);
    if (event.kind === 'decided') this.#waited.delete(event.decision.experiment);
  }

  turn({ lane, runs }: Pick<World, 'lane' | 'runs'>): void {
    const pending = new Map<string, number>();
    for (const { experiment, attempt, state } of runs) {
      const key = attemptKey(experiment, attempt);
      const since = this.#pending.get(key);
      if (state.kind === 'pending') pending.set(key, state.sinceMs);
      else if (state.kind === 'running' && since !== undefined)
        this.#waited.set(experiment, waitOf(since, state));
    }
    this.#pending = pending;
    if (lane.width !== this.#machine.width) this.#machine = { ...this.#machine, width: lane.width };
  }

  #measured(experiment: string, { kind, reason, sealed, node }: Outcome): void {
    if (kind === 'lost') this.#lost(node, reason);
    if (kind !== 'finished' || !sealed) return;
    const { start_seconds: asked, training_seconds: trained, wall_seconds: wall } = sealed;
    const run = {
      experiment,
      ...(this.#waited.get(experiment) ?? { waited: null, placed: null }),
      prepared: Math.max(0, asked - trained),
      trained,
      evaluated: Math.max(0, wall - asked),
    };
    this.#machine = { ...this.#machine, finished: [...this.#machine.finished, run].slice(-FINISHED_AT_MOST) };
  }

  #lost(node: string, cause: string): void {
    const key = `${node} ${cause}`;
    this.#losses.set(key, { node, cause, count: 1 + (this.#losses.get(key)?.count ?? 0) });
    const losses = [...this.#losses.values()].sort((a, b) => b.count - a.count);
    this.#machine = { ...this.#machine, losses: losses.slice(0, LOSSES_AT_MOST) };
  }
}

/** Seconds. A node is given in between, or nobody knows when. */
function waitOf(since: number, { sinceMs, placedMs }: { sinceMs: number; placedMs?: number }) {
  const waited = Math.max(0, sinceMs - since) / 1000;
  const placed = placedMs === undefined ? null : Math.min(waited, Math.max(0, placedMs - since) / 1000);
  return { waited, placed };
}
