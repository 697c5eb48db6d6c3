// What is known of one lane for showing it, as the loop tells it.
import type { Decision } from '../../core/decision.ts';
import { BASELINE } from '../../core/experiment.ts';
import type { World } from '../../core/world.ts';
import type { LaneEvent } from '../../loop/observer.ts';
import { plainLine } from '../../std/text.ts';
import { duration, sparkline } from './figures.ts';

/** How much of its budget a run has used, 0 to 1; null where nobody can say yet. */
export type BudgetUsed = (experiment: string, attempt: number) => number | null;

export class LaneView {
  readonly name: string;
  readonly #used: BudgetUsed;
  readonly #beganMs: number;
  world: World | null = null;
  /** Metrics of the frontier, the baseline's first. */
  #frontier: number[] = [];
  /** Decided since this screen began. */
  #seen = 0;
  #tried = 0;
  #blocked = '';

  /** `nowMs`: when the screen begins, as all times here on a clock that nobody sets. */
  constructor(name: string, used: BudgetUsed, nowMs: number) {
    this.name = name;
    this.#used = used;
    this.#beganMs = nowMs;
  }

  /** Takes it in; false where a person was told so already. Why nothing happens is told once per reason. */
  isNew(event: LaneEvent): boolean {
    if (event.kind === 'began') this.#frontier = [...event.frontier];
    if (event.kind === 'decided') this.#decided(event.decision);
    const blocked = event.kind === 'held' ? event.sentence : '';
    const repeated = blocked !== '' && blocked === this.#blocked;
    this.#blocked = blocked;
    return !repeated;
  }

  #decided(decision: Decision): void {
    this.#seen += 1;
    if (decision.experiment !== BASELINE) this.#tried += 1;
    if (decision.status === 'keep') this.#frontier.push(decision.valBpb!);
  }

  /** The parts of its status, the most important first; what does not fit is left out from the end. */
  parts(nowMs: number): string[] {
    const { world } = this;
    if (!world) return ['starting'];
    const parts = [`${this.#count(world)}${activity(world, this.#used)}`];
    const [baseline] = this.#frontier;
    if (world.tip && baseline !== undefined) {
      parts.push(`best ${world.tip.bpb.toFixed(6)} ${sparkline(this.#frontier)}`.trimEnd());
      parts.push(`${this.#frontier.length - 1} kept`);
    }
    const hours = (nowMs - this.#beganMs) / 3_600_000;
    parts.push(duration(nowMs - this.#beganMs));
    if (this.#seen > 1) parts.push(`${Math.round(this.#seen / hours)} an hour`);
    return parts;
  }

  /** What came of it, for the end; null before there is a baseline. */
  closing(nowMs: number): string | null {
    const [baseline] = this.#frontier;
    if (baseline === undefined || !this.world) return null;
    const best = this.#frontier.at(-1)!;
    const kept = this.#frontier.length - 1;
    const usd = this.world.spentUsd > 0 ? `, ${this.world.spentUsd.toFixed(2)} USD` : '';
    const took = `${this.#tried} tried in ${duration(nowMs - this.#beganMs)}${usd}`;
    if (kept === 0) return `baseline ${baseline.toFixed(6)}, nothing kept yet; ${took}`;
    const gain = `best ${best.toFixed(6)} (${(best - baseline).toFixed(6)})`;
    return `baseline ${baseline.toFixed(6)}, ${gain}, ${kept} kept; ${took}`;
  }

  /** Of a lane that was asked to stop: what goes on without it; '' where nothing does. */
  goesOn(): string {
    const runs = this.world ? activeIn(this.world).length : 0;
    if (runs === 0) return '';
    return runs === 1 ? ' (its run goes on meanwhile)' : ` (its ${runs} runs go on meanwhile)`;
  }

  /** `12 of 24 · `, beyond the baseline. */
  #count({ decided, control, lane }: World): string {
    const caps = [control.limits.experiments, lane.limits.experiments].filter((cap) => cap !== null);
    const tried = Math.max(0, decided - 1);
    return caps.length === 0 ? `${tried} done · ` : `${tried} of ${Math.min(...caps)} · `;
  }
}

/** `(-0.012345)` against what the edit was made on; `+` is worse. */
export function gain({ valBpb, baseBpb }: Pick<Decision, 'valBpb' | 'baseBpb'>): string {
  if (valBpb === null || baseBpb === null) return '';
  const change = valBpb - baseBpb;
  return `(${change <= 0 ? '-' : '+'}${Math.abs(change).toFixed(6)})`;
}

/** What a row says behind its figures. */
export function wordsOf({ status, description, error, sentence }: Decision): string {
  const short = sentence.length > 80 ? `${sentence.slice(0, 79)}…` : sentence;
  return plainLine(description) + (status === 'crash' ? `  (${plainLine(`${error}: ${short}`)})` : '');
}

function activity(world: World, used: BudgetUsed): string {
  if (world.control.paused) return 'paused (autoresearch resume goes on)';
  const active = activeIn(world);
  if (active.length === 0) return world.asking ? 'proposing' : 'deciding';
  return active.map((run) => doing(run, world, used)).join(', ');
}

function activeIn({ runs, settled }: World): World['runs'] {
  return runs.filter((run) => !settled.has(run.experiment) && run.state.kind !== 'ended');
}

function doing(
  { experiment, attempt, state }: World['runs'][number],
  { lane }: World,
  used: BudgetUsed,
): string {
  if (state.kind !== 'running') return `${experiment} starting`;
  const share = state.phase === 'training' ? used(experiment, attempt) : null;
  if (share === null) return `${experiment} ${state.phase}`;
  return `${experiment} ${Math.round(100 * share)} % of ${lane.clocks.budgetSeconds} s`;
}
