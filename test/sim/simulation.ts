// The whole loop on memory adapters and virtual time, with everything that may go wrong.
import { controlSchema, noControl } from '../../controller/core/control.ts';
import type { Decision } from '../../controller/core/decision.ts';
import { experimentId, type Lane } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import type { Stop } from '../../controller/loop/context.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import type { Frontier, Proposer, Store } from '../../controller/ports.ts';
import { encode as rowsOf } from '../../controller/report/results-tsv.ts';
import { encode } from '../../controller/std/json.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { MemoryStore } from '../memory/store.ts';
import { Auditor, Violation } from './auditor.ts';
import { quiet, Time } from './clock.ts';
import { dice, pick, sequence } from './dice.ts';
import { Life, type Mischief, type Surroundings } from './life.ts';
import { type Plan, START_MS } from './plan.ts';
import { auditedExecutor, auditedFrontier, auditedStore } from './ports.ts';
import { SimProposer } from './proposer.ts';
import type { Call } from './tap.ts';
import { FAILS, fileOf, KNOBS, scriptOf, VALUES } from './trainer.ts';

const LANE = 'sim';
const REBUILD_EVERY = 100;
/** Far more than any plan needs: what takes longer spins or hangs. */
const TURNS_PER_EXPERIMENT = 3000;
const YEARS_MS = 3 * 365 * 86_400_000;

const BASELINE_PY = fileOf(
  KNOBS.map(() => 5),
  'none',
);

export class Simulation {
  readonly plan: Plan;
  readonly time = new Time();
  readonly auditor: Auditor;
  readonly machine: MemoryMachine;
  readonly bareFrontier = new MemoryFrontier();
  readonly store: Store;
  readonly frontier: Frontier;
  readonly lives: Life[] = [];
  readonly #cast: { mischief?: Mischief; proposer?: Proposer };
  readonly #chance: () => number;
  readonly #events: { atMs: number; happen: () => void | Promise<void> }[] = [];
  #rebuiltAt = 0;
  #restarting = false;
  #mischiefOver = false;
  #rivals: number;
  // A controller that is killed at every tenth call never gets further than reading.
  #kills: number;
  #fails: number;

  /** `cast`: what a named test plays instead of what the plan's chance would. */
  constructor(plan: Plan, cast: { mischief?: Mischief; proposer?: Proposer } = {}) {
    this.plan = plan;
    this.#cast = cast;
    this.auditor = new Auditor(plan);
    this.store = auditedStore(new MemoryStore(), this.auditor);
    this.frontier = auditedFrontier(this.bareFrontier, this.auditor);
    const script = scriptOf(plan, this.now, (truth) => this.auditor.started(truth, this.time.ms));
    this.machine = new MemoryMachine(script, { now: this.now }, plan.seed);
    this.#chance = sequence(plan.seed);
    this.#rivals = plan.rivals;
    this.#kills = plan.lane.limits.experiments! / 2;
    this.#fails = plan.lane.limits.experiments!;
    for (const after of plan.tries) this.#at(after, () => this.#try(after));
    for (const [i, after] of plan.pauses.entries()) this.#pause(i, after);
    if (plan.pushAtMs !== null) this.#at(plan.pushAtMs, () => this.#push());
  }

  readonly now = () => this.time.ms;

  /** Runs the plan to its end; throws the Violation that it meets. */
  async run(): Promise<void> {
    this.start();
    const turnsAtMost = TURNS_PER_EXPERIMENT * (this.plan.lane.limits.experiments! + 10);
    for (;;) {
      const goesOn = await this.step();
      if (!goesOn && this.lives.some((life) => life.living)) throw new Violation('liveness: it hangs');
      if (this.auditor.turns > turnsAtMost) throw new Violation('liveness: it spins');
      if (this.time.ms > START_MS + YEARS_MS) throw new Violation('liveness: it takes for ever');
      if (this.lives.some((life) => life.living) || this.#restarting) continue;
      if (this.stop) break;
      this.start();
    }
    await this.#finish();
  }

  /** Why the lane is at its end. */
  get stop(): Stop | null {
    const stops = this.lives.map((life) => life.stop);
    return stops.find((stop) => stop && !['fenced', 'asked'].includes(stop.reason)) ?? null;
  }

  /** A controller that comes to a lane at its end finds nothing to do, and everything in its place. */
  async #finish(): Promise<void> {
    const { reason } = this.stop!;
    this.auditor.count('lanes ended');
    const before = (await this.reread()).decisions.length;
    // Only a rival that stood still in the middle of publishing may leave an old view behind; whoever comes mends it.
    const stale = this.plan.rates.stall > 0 || this.auditor.counts.has('foreign pushes');
    if (!stale) await this.rebuild();
    this.#mischiefOver = true;
    this.#events.length = 0;
    // What a later start begins anew may end otherwise.
    const anew = reason === 'baseline' && this.plan.lane.evidence;
    const life = reason === 'conditions' || anew ? null : this.start();
    if (life) {
      while (life.living) await this.step();
      const again = life.stop?.reason;
      const noticed = again === 'foreign' && this.auditor.counts.has('foreign pushes');
      if (again !== reason && !noticed)
        throw new Violation(`I9: it stopped for ${reason}, then for ${again}`);
    }
    await this.#audit();
    const { decisions } = await this.reread();
    if (reason !== 'conditions' && decisions.length !== before)
      throw new Violation(`I9: a restart at the end decided ${decisions.length - before} more`);
    if (life?.stop?.reason !== 'foreign') {
      await this.rebuild();
      const left = this.machine.list(LANE).filter((run) => !this.auditor.undecided.includes(run.experiment));
      if (left.length > 0) throw new Violation(`I7: ${left.length} runs are left behind`);
    }
    if (reason === 'exhausted' && this.auditor.undecided.length > 0)
      throw new Violation(`I1: no verdict on ${this.auditor.undecided}`);
    this.auditor.closing(decisions);
  }

  /** A controller starts. */
  start(lane?: Partial<Lane>): Life {
    const dead = this.lives.findIndex((life) => life.dead);
    if (dead >= 0) this.lives.splice(dead, 1);
    const life = new Life(this.#surroundings(), lane);
    this.lives.push(life);
    this.auditor.count('lives');
    return life;
  }

  /** Everything that can happen now happens; then time goes on to the next appointment. False: there is none. */
  async step(): Promise<boolean> {
    await quiet();
    await this.#audit();
    const asked = this.lives.findIndex((life) => life.stop?.reason === 'asked');
    if (asked >= 0) {
      this.lives.splice(asked, 1);
      if (!this.lives.some((life) => life.living)) this.start();
      return true;
    }
    const next = Math.min(
      ...this.lives.map((life) => (life.living ? life.clock.nextMs : Number.POSITIVE_INFINITY)),
      this.machine.nextChangeMs() ?? Number.POSITIVE_INFINITY,
      ...this.#events.map((event) => event.atMs),
    );
    if (!Number.isFinite(next)) return false;
    this.time.ms = Math.max(this.time.ms, next);
    for (const event of this.#events.filter((e) => e.atMs <= this.time.ms)) {
      this.#events.splice(this.#events.indexOf(event), 1);
      await event.happen();
    }
    for (const life of this.lives) life.clock.ring();
    if (this.plan.wakes) for (const life of this.lives) life.wake();
    return true;
  }

  /** Decisions as somebody who comes anew reads them. */
  async reread(): Promise<Ledger> {
    return Ledger.read(this.plan.lane, this.store, await this.frontier.view());
  }

  async #audit(): Promise<void> {
    if (this.auditor.failure) throw this.auditor.failure;
    const thrown = this.lives.find((life) => life.thrown);
    if (thrown) throw thrown.thrown;
    const due = this.auditor.turns >= this.#rebuiltAt + REBUILD_EVERY;
    const [only, ...others] = due ? this.lives.filter((life) => life.living) : [];
    const published = only?.idle && only.world?.published === this.auditor.decided;
    if (published && others.length === 0) {
      this.#rebuiltAt = this.auditor.turns;
      await this.rebuild();
    }
  }

  /** I3: results.tsv is what git and store say. */
  async rebuild(): Promise<void> {
    this.auditor.count('rebuilt');
    const { decisions } = await this.reread();
    const live = await this.store.get(keys.results(LANE));
    const text = live && new TextDecoder().decode(live);
    if (text !== rowsOf(decisions)) throw new Violation('I3: results.tsv is not what git and store say');
  }

  #surroundings(): Surroundings {
    const { plan, auditor, time } = this;
    return {
      time,
      parts: (lane) => ({
        lane: { ...plan.lane, ...lane },
        store: this.store,
        frontier: this.frontier,
        executor: auditedExecutor(this.machine, auditor, this.now),
        proposer: this.#cast.proposer ?? new SimProposer(plan, (brief) => auditor.asked(brief)),
        inputs: { trainPy: BASELINE_PY, prepare: '', program: async () => 'research' },
        publish: (store) => async (decisions: readonly Decision[]) => {
          await store.put(keys.results(LANE), new TextEncoder().encode(rowsOf(decisions)));
          return 0;
        },
        spentUsd: async () => 0,
        pollMs: plan.wakes ? 3_600_000 : 60_000,
      }),
      mischief: this.#cast.mischief ?? this.#mischief,
      happened: (_, event) => auditor.count(`happened:${event.kind}`),
      turn: () => {
        auditor.turns++;
      },
      stopped: (_, { reason }) => auditor.count(`stop:${reason}`),
    };
  }

  readonly #mischief: Mischief = (life, call) => {
    if (this.#mischiefOver) return;
    const { slow, stall } = this.plan.rates;
    const kill = this.#kills > 0 ? this.plan.rates.kill : 0;
    const fail = this.#fails > 0 ? this.plan.rates.fail : 0;
    const throwOf = this.#chance();
    if (throwOf < kill * 0.9) this.#kill(life);
    else if (throwOf < kill) {
      this.#kills--;
      this.auditor.count('interrupts');
      life.end();
    } else if (throwOf < kill + fail && mayFail(call)) {
      this.#fails--;
      this.auditor.count('failed calls');
      throw new Error(`${call.port}.${call.method} failed`);
    } else if (throwOf < kill + fail + slow) return life.clock.sleep(this.#chance() * 5000);
    else if (throwOf < kill + fail + slow + stall) {
      this.auditor.count('stalls');
      return life.clock.sleep(this.#chance() * 3_600_000);
    } else if (this.#rivals > 0 && throwOf > 0.998) {
      this.#rivals--;
      this.auditor.count('rivals');
      this.start();
    }
  };

  #kill(life: Life): void {
    this.#kills--;
    this.auditor.count('kills');
    life.kill();
    if (this.lives.some((other) => other.living)) return;
    this.#restarting = true;
    this.#at(this.time.ms - START_MS + this.plan.absentMs * this.#chance(), () => {
      this.#restarting = false;
      this.start();
    });
  }

  #at(afterMs: number, happen: () => void | Promise<void>): void {
    this.#events.push({ atMs: START_MS + Math.ceil(afterMs), happen });
  }

  async #try(salt: number): Promise<void> {
    const tip = this.auditor.kept.at(-1);
    if (!tip) return;
    const { seed } = this.plan;
    const values = KNOBS.map((_, i) => Math.floor(dice(seed, 'human', salt, i) * VALUES));
    const same = dice(seed, 'same', salt) < 0.2;
    await this.humanTries(same ? tip.trainPy : fileOf(values, pick(FAILS, seed, salt)));
  }

  /** A person's own train.py, as `autoresearch try` queues it: on the tip, under the next id. */
  async humanTries(trainPy: string): Promise<void> {
    const { kept } = await this.frontier.view();
    const { nextId } = await this.reread();
    const proposal = {
      experiment: experimentId(nextId),
      description: 'an idea of my own',
      hypothesis: '',
      source: 'human' as const,
      base: kept.at(-1)!.decision.commit,
      trainPy,
      program: 'research',
      stackOf: null,
      createdMs: this.time.ms,
    };
    await this.store.putIfAbsent(keys.proposal(LANE, nextId), encode(proposal));
  }

  #pause(i: number, after: number): void {
    const { seed } = this.plan;
    const write = async (bytes: Uint8Array, pausedMs: number | null) => {
      this.auditor.pausedMs = pausedMs;
      await this.store.put(keys.control(LANE), bytes);
    };
    const paused = encode(controlSchema.parse({ paused: true, guidance: 'wait' }));
    const nonsense = new TextEncoder().encode('{"paused": fal');
    this.#at(after, () => {
      this.auditor.count('pauses');
      return write(dice(seed, 'nonsense', i) < 0.5 ? nonsense : paused, this.time.ms);
    });
    this.#at(after + 36_000_000 * dice(seed, 'pause', i), () => write(encode(noControl), null));
  }

  #push(): void {
    this.auditor.count('foreign pushes');
    this.bareFrontier.personCommits();
  }
}

/** fix() is spared: a repair that could not be asked for is no repair, and that may make a difference. */
function mayFail(call: Call): boolean {
  return call.method !== 'fix';
}
