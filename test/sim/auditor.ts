// Watches what really happens behind the ports, knows the truth about every run, and says which invariant broke.
// It learns of each effect at the moment it takes place, whether or not the controller lives to hear of it.
import type { Brief } from '../../controller/brief.ts';
import { seedsOf } from '../../controller/core/deciding.ts';
import type { Decision } from '../../controller/core/decision.ts';
import { isEvidence } from '../../controller/core/evidence.ts';
import type { Proposal } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import type { AttemptResult } from '../../controller/core/verdict.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { owedBy } from '../../controller/loop/owed-merges.ts';
import type { AcceptedCommit, Run } from '../../controller/ports.ts';
import type { Plan } from './plan.ts';
import type { Truth } from './trainer.ts';

export class Violation extends Error {}

const TAKEN_BACK = ['preempted', 'evicted', 'drained', 'shutdown', 'suspended', 'node_gone', 'disrupted'];

interface Trial {
  readonly proposal: Proposal;
  /** By attempt. */
  readonly starts: Map<number, Truth[]>;
  readonly tried: AttemptResult[];
  record: Decision | null;
  kept: AcceptedCommit | null;
}

export class Auditor {
  /** How often what happened; a case that never occurs is a case that is not tested. */
  readonly counts = new Map<string, number>();
  readonly trials = new Map<string, Trial>();
  readonly kept: AcceptedCommit[] = [];
  failure: Violation | null = null;
  turns = 0;
  /** How many experiments have a verdict. */
  decided = 0;
  /** The control.json in force says so, or cannot be read, since then. */
  pausedMs: number | null = null;
  #lostInARow = 0;
  /** Then the next experiment is tried until it comes to an end of its own, however often it is lost. */
  #afterThreeLost = false;
  readonly #plan: Plan;
  readonly #accepted = new Set<string>();
  readonly #files = new Map<string, Uint8Array>();
  readonly #running = new Map<string, Truth>();
  #usedSeconds = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** What a named test breaks on purpose. */
  accept(invariant: string): void {
    this.#accepted.add(invariant);
  }

  check(holds: boolean, invariant: string, sentence: string): void {
    if (!holds && !this.#accepted.has(invariant)) this.failure ??= new Violation(`${invariant}: ${sentence}`);
  }

  /** Something new stands at a key. */
  stored(key: string, bytes: Uint8Array): void {
    this.#files.set(key, bytes);
    const [, id, file] = /\/experiments\/(\d+)\/(?:\d+\/)?([\w.]+)$/.exec(key) ?? [];
    if (file === 'proposal.json') this.#proposed(json(bytes) as Proposal);
    else if (file === 'result.json') this.#concluded(id!, json(bytes) as AttemptResult);
    else if (file === 'record.json') this.#recorded(json(bytes) as Decision);
  }

  #proposed(proposal: Proposal): void {
    const { experiment, source } = proposal;
    this.count(`proposal:${source}`);
    this.check(Number(experiment) === this.trials.size, 'I1', `id ${experiment} leaves a gap`);
    const { experiments } = this.#plan.lane.limits;
    const asked = [...this.trials.values()].filter((t) => t.proposal.source === 'human').length;
    if (source !== 'human' && experiments !== null)
      this.check(this.trials.size <= experiments + asked, 'I8', `${experiment} passes the cap`);
    if (source !== 'human' && Number(experiment) === experiments && this.#plan.lane.width > 1)
      this.check(this.undecided.length === 0, 'trains', `${experiment} is the last, and waited for nothing`);
    if (proposal.stackOf) this.#rides(experiment, proposal.stackOf);
    this.trials.set(experiment, { proposal, starts: new Map(), tried: [], record: null, kept: null });
  }

  /** What rides is owed, rides nowhere else, and rode before only beside others with which it failed, or where the machine did. */
  #rides(experiment: string, units: readonly string[]): void {
    const before = [...this.trials.values()].filter((t) =>
      t.proposal.stackOf?.some((of) => units.includes(of)),
    );
    if (units.length > 1) this.count('train:several');
    if (before.length > 0) this.count('train:half');
    for (const trial of before) {
      const { experiment: train, stackOf } = trial.proposal;
      const decision = trial.record ?? trial.kept?.decision;
      const failed = decision && !isEvidence(decision) ? 0 : 1;
      const beside = units.every((of) => stackOf!.includes(of)) && units.length + failed <= stackOf!.length;
      this.check(beside, 'trains', `${experiment} carries ${units}, and ${train} carried ${stackOf}`);
      this.check(this.#decided(trial), 'trains', `${experiment} carries what still rides in ${train}`);
    }
    // Of two controllers one may not know yet that the other has kept what it has recorded.
    if (this.#plan.rivals > 0) return;
    for (const trial of before)
      this.check(trial.kept === null, 'trains', `${experiment} carries what is kept`);
    for (const of of units) {
      const { kept, record } = this.trials.get(of)!;
      const owed = kept ? owedBy(kept.decision) : record && owedBy(record);
      this.check(owed !== null, 'trains', `${experiment} carries ${of}, which is owed nothing`);
    }
  }

  /** A run was given a place while others held so many. */
  placed(taken: number): void {
    const { rivals, rates, lane } = this.#plan;
    if (rivals > 0 || rates.stall > 0) return;
    this.check(taken < lane.width, 'width', `a run beside ${taken} others in a lane of ${lane.width}`);
  }

  /** A run really starts. */
  started(truth: Truth, nowMs: number): void {
    const { experiment, attempt, trainPy, clocks } = truth.intent;
    const what = `${experiment}/${attempt}`;
    const trial = this.trials.get(experiment);
    if (!trial) return this.check(false, 'I1', `${what} runs without a proposal`);
    if (this.#plan.rates.stall > 0 && trial.tried.length >= attempt) return this.#late(truth);
    const before = trial.starts.get(attempt) ?? [];
    this.check(
      before.every((t) => t.kind === 'vanished' && t.endMs <= nowMs),
      'I2',
      `${what} was started twice`,
    );
    const sideBySide = seedsOf(trial.proposal, this.#plan.lane) !== null;
    this.check(
      trial.tried.length === attempt - 1 || (sideBySide && trial.tried.length < attempt),
      'I2',
      `${what} starts after ${trial.tried.length} results`,
    );
    this.check(
      experiment === '000000' || this.kept.length > 0,
      'baseline',
      `${what} started before the baseline had settled`,
    );
    if (this.#plan.rivals === 0) this.check(!this.#decided(trial), 'I1', `${what} starts after its verdict`);
    const stored = this.#files.get(keys.attempt(this.#plan.lane.name, experiment, attempt, 'train.py'));
    this.check(text(stored) === trainPy, 'I10', `the file of ${what} is not durable before it runs`);
    const hour = 3_600_000;
    this.check(this.pausedMs === null || nowMs - this.pausedMs < hour, 'pause', `${what} starts in a pause`);
    trial.starts.set(attempt, [...before, truth]);
    for (const [key, run] of this.#running) if (run.endMs <= nowMs) this.#ended(key, run, run.endMs);
    this.#running.set(what, truth);
    this.#withinHours(clocks.wallSeconds);
    if (before.length > 0) this.count('started again after vanishing unseen');
  }

  /**
   * A controller that stood still within its launch starts what a rival has brought to its end meanwhile. Nothing
   * fences a launch: the run is wasted, but its result comes too late to count, and it must be removed.
   */
  #late({ intent }: Truth): void {
    this.count('late launches');
    this.check(this.#plan.rivals > 0, 'I2', `${intent.experiment}/${intent.attempt} was started twice`);
  }

  #withinHours(wallSeconds: number): void {
    const { gpuHours } = this.#plan.lane.limits;
    if (gpuHours === null) return;
    const committed = this.#usedSeconds + this.#running.size * wallSeconds;
    this.check(committed <= gpuHours * 3600 + 1e-6, 'I8', `${committed} s of ${gpuHours * 3600} s`);
  }

  #ended(key: string, run: Truth, atMs: number): void {
    this.#running.delete(key);
    // What a vanished run has used is known to nobody until it counts as lost.
    if (run.kind !== 'vanished') this.#usedSeconds += (atMs - run.startMs) / 1000;
  }

  #concluded(id: string, tried: AttemptResult): void {
    const trial = this.trials.get(id)!;
    const { outcome, n } = tried;
    const what = `${id}/${n}`;
    this.check(trial.tried.length === n - 1, 'I1', `result ${what} leaves a gap`);
    trial.tried.push(tried);
    this.count(`attempt:${tried.cause}`);
    this.count(`outcome:${outcome.kind}`);
    const truth = trial.starts.get(n)?.at(-1);
    if (!truth) return this.check(false, 'I5', `${what} has a result and never ran`);
    this.count(`fate:${truth.fate}`);
    if (outcome.kind === 'lost') {
      const blameless = truth.kind === 'lost' || truth.kind === 'vanished';
      if (truth.kind === 'vanished') this.#usedSeconds += (truth.endMs - truth.startMs) / 1000;
      this.check(blameless, 'I6', `${what} (${truth.fate}) counts as lost: ${outcome.reason}`);
      return;
    }
    this.check(
      this.#running.get(what) === undefined || truth.endMs <= outcome.endedMs,
      'I5',
      `${what} still ran`,
    );
    this.check(truth.kind === outcome.kind, 'I6', `${what} (${truth.fate}) counts as ${outcome.kind}`);
    if (truth.kind === 'crashed')
      this.check(
        outcome.reason === truth.reason,
        'I6',
        `${what} (${truth.fate}) is called ${outcome.reason}`,
      );
    if (truth.kind === 'finished')
      this.check(outcome.sealed?.val_bpb === truth.bpb, 'I5', `${what} counts ${outcome.sealed?.val_bpb}`);
    this.check(tried.trainSha256 === sha256Hex(truth.intent.trainPy), 'I10', `${what} names another file`);
  }

  #recorded(decision: Decision): void {
    const trial = this.trials.get(decision.experiment)!;
    trial.record = decision;
    if (this.#plan.rivals === 0)
      this.check(!trial.kept, 'I1', `${decision.experiment} was kept and recorded`);
    this.check(decision.status !== 'keep', 'I4', `${decision.experiment} is a keep without a commit`);
    this.#settled(decision, trial);
    // What a supervisor refuses for want of something is the machine's, however often.
    const lost = trial.tried.filter((t) => t.outcome.kind === 'lost');
    // Runs side by side are lost together: those of one seed count.
    const { seed, outcome } = trial.tried.at(-1)!;
    const sideBySide = seedsOf(trial.proposal, this.#plan.lane) !== null;
    const counted = lost.filter(
      (t) => t.outcome.sealed?.status !== 'refused' && (!sideBySide || t.seed === seed),
    );
    // What the cluster took back for others is counted apart from what was lost otherwise.
    const takenBack = TAKEN_BACK.includes(outcome.reason);
    const losses = counted.filter((t) => TAKEN_BACK.includes(t.outcome.reason) === takenBack).length;
    if (decision.error.startsWith('lost:')) {
      const most = takenBack ? 10 : 3;
      const waited = this.#afterThreeLost && losses > most;
      this.check(losses === most || waited, 'I6', `${losses} losses end ${decision.experiment}`);
    }
    if (decision.status === 'crash' && !decision.error.startsWith('lost:')) {
      const own = trial.tried.some((t) => t.outcome.kind === 'crashed') || decision.error === 'unsealed';
      this.check(own, 'I6', `${decision.experiment} never crashed`);
    }
  }

  /** A commit is on the branch. */
  pushed(commit: AcceptedCommit): void {
    const { decision, trainPy } = commit;
    const id = decision.experiment;
    const trial = this.trials.get(id)!;
    const tip = this.kept.at(-1)?.decision;
    this.check(trial.kept === null, 'I1', `${id} was kept twice`);
    trial.kept = commit;
    this.check(decision.tip === (tip?.commit ?? null), 'I4', `${id} is not on the tip`);
    if (tip && decision.source !== 'retract')
      this.check(decision.valBpb! < tip.valBpb!, 'I4', `${decision.valBpb} is not below ${tip.valBpb}`);
    this.#settled(decision, trial);
    this.kept.push(commit);
    const runs = [...trial.starts.values()].map((starts) => starts.at(-1)!);
    const gpu = id === '000000' ? decision.gpu : this.kept[0]!.decision.gpu;
    const good = runs.filter(
      (t) => t.kind === 'finished' && t.usable && t.gpu === gpu && t.intent.trainPy === trainPy,
    ) as (Truth & { kind: 'finished' })[];
    const numbers = this.#deciding(trial.proposal, good);
    const mean = Math.round((numbers.reduce((a, b) => a + b, 0) / numbers.length) * 1e6) / 1e6;
    this.check(decision.valBpb === mean, 'I5', `${id} kept ${decision.valBpb}, measured was ${mean}`);
    this.check(sha256Hex(trainPy) === decision.trainSha256, 'I10', `${id} is not what its trailers say`);
  }

  /** The numbers that a keep must be the mean of. */
  #deciding({ experiment, source }: Proposal, good: readonly (Truth & { kind: 'finished' })[]): number[] {
    const { lane } = this.#plan;
    if (lane.evidence) {
      const seeds = seedsOf({ experiment, source }, lane);
      this.check(seeds !== null, 'I5', `${experiment} is kept at first sight`);
      const on = (seed: number) => good.find((t) => t.intent.seed === seed)?.bpb;
      const numbers = (seeds ?? []).map(on).filter((bpb) => bpb !== undefined);
      this.check(numbers.length === seeds?.length, 'I5', `${experiment} kept on ${numbers.length} seeds`);
      return numbers.slice(1, 1 + lane.evidence);
    }
    const wanted = 1 + (experiment === '000000' ? 0 : lane.confirm);
    this.check(good.length >= wanted, 'I5', `${experiment} kept on ${good.length} of ${wanted} measurements`);
    return good.slice(wanted > 1 ? -(wanted - 1) : -1).map((t) => t.bpb);
  }

  #settled(decision: Decision, trial: Trial): void {
    const id = decision.experiment;
    const twice = trial.record !== null && trial.kept !== null;
    if (!twice) this.decided++;
    this.#lostInARow = decision.error.startsWith('lost:') ? this.#lostInARow + 1 : 0;
    this.#afterThreeLost ||= this.#lostInARow >= 3;
    if (this.#plan.rivals === 0)
      this.check(this.#lostInARow <= 3, 'I6', `${id} is lost, the fourth in a row: that is the machine`);
    this.count(twice ? 'decided twice, the frontier wins' : `${decision.status}:${decision.reason}`);
    if (decision.source === 'stack') this.count(`stack:${decision.status}`);
    if (trial.tried.some((t) => t.cause === 'fix')) this.count('fixed');
    this.check(
      decision.attempts === trial.tried.length,
      'I1',
      `${id} decided on ${decision.attempts} attempts`,
    );
    for (const { n, outcome } of trial.tried) {
      const has = (file: 'train.py' | 'run.log') =>
        this.#files.has(keys.attempt(this.#plan.lane.name, id, n, file));
      this.check(has('train.py'), 'I7', `the file of ${id}/${n} is not durable`);
      this.check(
        has('run.log') || outcome.logNote !== '',
        'I7',
        `the log of ${id}/${n} is gone without a note`,
      );
    }
  }

  #decided(trial: Trial): boolean {
    return trial.kept !== null || trial.record !== null;
  }

  removed({ experiment, attempt }: Run, nowMs: number): void {
    const trial = this.trials.get(experiment)!;
    const what = `${experiment}/${attempt}`;
    this.check(this.#decided(trial), 'I7', `${what} is removed before its verdict`);
    const run = this.#running.get(what);
    if (run) this.#ended(what, run, Math.min(nowMs, run.endMs));
  }

  asked(brief: Brief): void {
    for (const { experiment, reason, error } of brief.past) {
      const trial = this.trials.get(experiment)!;
      this.check(this.#decided(trial), 'I3', `a proposer hears of ${experiment} before its verdict`);
      const outcomes = trial.tried.map((t) => t.outcome.kind);
      const lost = error.startsWith('lost:') || outcomes.every((kind) => kind === 'lost');
      this.check(!lost, 'I6', `a proposer hears of ${experiment}, which was lost`);
      const elsewhere = reason === 'conditions' || error === 'unsealed';
      this.check(!elsewhere, 'I6', `a proposer hears of ${experiment}, which this machine did not measure`);
    }
  }

  /** The end: one row per verdict, one keep row per commit. */
  closing(rows: readonly Decision[]): void {
    const decided = [...this.trials].filter(([, trial]) => this.#decided(trial)).map(([id]) => id);
    const ids = rows.map((row) => row.experiment);
    this.check(new Set(ids).size === ids.length, 'I1', 'an experiment has two rows');
    this.check(
      decided.sort().join() === ids.sort().join(),
      'I3',
      `${decided.length} verdicts, ${ids.length} rows`,
    );
    const keeps = rows.filter((row) => row.status === 'keep').map((row) => row.commit);
    const commits = this.kept.map(({ decision }) => decision.commit);
    this.check(keeps.sort().join() === commits.sort().join(), 'I4', 'the keep rows are not the commits');
    if (this.failure) throw this.failure;
  }

  /** Ids that have no verdict. */
  get undecided(): string[] {
    return [...this.trials].filter(([, trial]) => !this.#decided(trial)).map(([id]) => id);
  }
}

function json(bytes: Uint8Array): unknown {
  return JSON.parse(text(bytes)!);
}

function text(bytes: Uint8Array | undefined): string | null {
  return bytes ? new TextDecoder().decode(bytes) : null;
}
