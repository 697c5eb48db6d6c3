// A script on memory adapters and virtual time.
import { hash } from 'node:crypto';
import { experimentId, type Lane, type Proposal } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import type { Ending, Intent, Proposer } from '../../controller/ports.ts';
import { encode } from '../../controller/report/results-tsv.ts';
import { encode as encodeJson } from '../../controller/std/json.ts';
import { MemoryMachine, type Scene, type Stage } from '../memory/executor.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { MemoryStore } from '../memory/store.ts';
import { quiet, Time } from '../sim/clock.ts';
import { Life, type Mischief } from '../sim/life.ts';
import { type Remains, remainsOf } from './remains.ts';
import { scripts } from './script.ts';

const ZERO = '0'.repeat(64);

/** What a lane tries, and what comes of it. */
export interface MemoryScript {
  readonly lane: Lane;
  readonly baseline: string;
  readonly proposer: Proposer;
  readonly bpbOf: (trainPy: string, seed: number) => number;
  /** Whether it breaks, where the file itself does not say so. */
  readonly breaks?: (trainPy: string) => boolean;
  readonly secondsOf: (experiment: string) => number;
}

/** The one that real processes play, too. */
const SIX: MemoryScript = {
  lane: scripts.plain.laneUpTo(scripts.plain.experiments),
  baseline: scripts.plain.baseline,
  proposer: scripts.plain.proposer,
  bpbOf: (trainPy) => Number(/^BPB = ([\d.]+)/m.exec(trainPy)![1]),
  secondsOf: () => 1,
};

/** A machine, a store and a frontier that outlive their controllers. */
export class MemoryLane {
  readonly #script: MemoryScript;
  readonly #time = new Time();
  readonly #store = new MemoryStore();
  readonly #frontier = new MemoryFrontier();
  readonly #begun: string[] = [];
  readonly #machine: MemoryMachine;

  constructor(script: MemoryScript = SIX) {
    this.#script = script;
    this.#machine = new MemoryMachine((intent, stage) => this.#play(intent, stage), {
      now: () => this.#time.ms,
    });
  }

  /** `alone`: nothing may fail, for nobody else is there to be met. `upTo`: another cap on experiments than the script's. */
  begin(mischief: Mischief, alone = true, upTo = this.#script.lane.limits.experiments): Life {
    const lane = { ...this.#script.lane, limits: { ...this.#script.lane.limits, experiments: upTo } };
    return new Life({
      time: this.#time,
      parts: () => ({
        lane,
        store: this.#store,
        frontier: this.#frontier,
        executor: this.#machine.open(),
        proposer: this.#script.proposer,
        inputs: { trainPy: this.#script.baseline, prepare: '', program: async () => 'scripted' },
        publish: (store) => async (all) => {
          await store.put(keys.results(this.#script.lane.name), new TextEncoder().encode(encode(all)));
          return 0;
        },
        spentUsd: async () => 0,
        pollMs: 60_000,
      }),
      mischief,
      happened: (_, event) => {
        if (alone && event.kind === 'trouble') throw new Error(event.sentence);
      },
      turn: () => {},
      stopped: () => {},
    });
  }

  /** Goes on until `holds`; throws where nothing more will happen. */
  async until(lives: readonly Life[], holds: () => boolean): Promise<void> {
    for (;;) {
      await quiet();
      const thrown = lives.find((life) => life.thrown);
      if (thrown) throw thrown.thrown;
      if (holds()) return;
      const living = lives.filter((life) => life.living);
      const next = Math.min(
        this.#machine.nextChangeMs() ?? Infinity,
        ...living.map((life) => life.clock.nextMs),
      );
      if (!Number.isFinite(next)) throw new Error('nothing will ever happen');
      this.#time.ms = Math.max(this.#time.ms, next);
      for (const life of living) life.clock.ring();
      for (const life of living) life.wake();
    }
  }

  /** Decisions as somebody who comes anew reads them. */
  async reread(): Promise<Ledger> {
    return Ledger.read(this.#script.lane, this.#store, await this.#frontier.view());
  }

  /** Writes a proposal under the next id, as a person's command does. */
  async person(proposal: (ledger: Ledger) => Omit<Proposal, 'experiment'>): Promise<void> {
    const ledger = await this.reread();
    const experiment = experimentId(ledger.nextId);
    const bytes = encodeJson({ ...proposal(ledger), experiment });
    await this.#store.putIfAbsent(keys.proposal(this.#script.lane.name, experiment), bytes);
  }

  remains(): Promise<Remains> {
    const runs = this.#machine
      .list(this.#script.lane.name)
      .map(({ experiment, attempt }) => `${experiment}/${attempt}`);
    return remainsOf(this.#store, this.#frontier, { begun: this.#begun, runs });
  }

  #play({ experiment, attempt, trainPy, seed }: Intent, { nonce }: Stage): Scene {
    this.#begun.push(`${experiment}/${attempt}`);
    const scene = (ending: Omit<Ending, 'atMs'>, log: string | null): Scene => ({
      durationMs: 1000 * this.#script.secondsOf(experiment),
      ending,
      log,
    });
    if (trainPy.includes('LOSE_FIRST') && attempt === 1)
      return scene({ sealed: null, word: 'gone', sentence: 'it is gone' }, null);
    const crash = this.#script.breaks?.(trainPy) ? 'name' : /^CRASH = "(\w+)"/m.exec(trainPy)?.[1];
    const wall = trainPy.includes('WALL');
    const name = crash === 'name' ? 'NameError' : 'SyntaxError';
    const log = crash
      ? `Traceback (most recent call last):\n  File "train.py", line 1\n${name}: scripted\n`
      : 'trained\n';
    const sealed = {
      schema: 1,
      nonce,
      status: crash || wall ? 'crashed' : 'finished',
      reason: crash ? 'exit' : wall ? 'wall' : '',
      sentence: '',
      exit_code: crash ? 1 : wall ? null : 0,
      signal: null,
      val_bpb: crash || wall ? null : this.#script.bpbOf(trainPy, seed),
      start_seconds: 1,
      training_seconds: 1,
      wall_seconds: 1,
      memory_mb: 10,
      steps: 7,
      train_sha256: hash('sha256', trainPy),
      prepare_sha256: ZERO,
      supervise_sha256: ZERO,
      data_sha256: ZERO,
      gpu: 'scripted',
      log_bytes: log.length,
      log_sha256: hash('sha256', log),
      sealed: 'none',
    };
    return scene({ sealed: JSON.stringify(sealed), word: '', sentence: '' }, log);
  }
}
