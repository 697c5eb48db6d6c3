// Runs on virtual time: what an executor shows, without a process. A script tells what becomes of each run.
import { hash } from 'node:crypto';
import { intentSha256 } from '../../controller/intent.ts';
import type { Clock, Ending, Executor, Intent, Launched, Run } from '../../controller/ports.ts';

/** What becomes of one launch. Times are virtual milliseconds. */
export type Scene =
  /** Nothing is started and nothing used up. */
  | { readonly held: string }
  | {
      /** Before the supervisor starts; 0 when left out. */
      readonly pendingMs?: number;
      /** From there to the end. */
      readonly durationMs: number;
      /** How it ends; `vanishes`: it is not listed any more, log and all, as if deleted from outside. */
      readonly ending: Omit<Ending, 'atMs'> | 'vanishes';
      /** From its end on its place is not free for so long; 0 when left out. */
      readonly holdsMs?: number;
      /** The log, whole from the start of the run; null where it is lost with the run. */
      readonly log: string | null;
    };

export interface Stage {
  /** Uniform in [0, 1), the same sequence for the same run and seed whatever else was launched. */
  readonly rng: () => number;
  /** The run's nonce, for its result. */
  readonly nonce: string;
  /** How often this run was launched and held before. */
  readonly held: number;
}

export type Script = (intent: Intent, stage: Stage) => Scene;

interface Entry {
  readonly run: Omit<Run, 'state'>;
  readonly log: Uint8Array | null;
  readonly ending: Omit<Ending, 'atMs'> | 'vanishes';
  readonly launchedMs: number;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly freeMs: number;
}

const PLACE = { node: 'memory', image: '' };

/**
 * The machine that runs are on. It outlives its executors as a laptop outlives a controller: open as many as you like.
 */
export class MemoryMachine {
  /** Launches that started a run, and those that were held. */
  launches = 0;
  occupied = 0;
  readonly #script: Script;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seed: number;
  readonly #lanes = new Map<string, Map<string, Entry>>();
  readonly #held = new Map<string, number>();

  constructor(script: Script, clock: Pick<Clock, 'now'>, seed = 0) {
    this.#script = script;
    this.#clock = clock;
    this.#seed = seed;
  }

  /** An executor as a controller that has just started would have it. */
  open(): Executor {
    return {
      list: async (lane) => this.list(lane),
      launch: async (intent) => this.launch(intent),
      log: async (run, tailBytes) => this.#log(run, tailBytes),
      remove: async (run) => this.vanish(run),
    };
  }

  /** Makes a run disappear, as a person or a dying node would. */
  vanish({ lane, experiment, attempt }: Pick<Run, 'lane' | 'experiment' | 'attempt'>): void {
    this.#lanes.get(lane)?.delete(`${experiment}/${attempt}`);
  }

  /** When the next run starts, ends or leaves its place, in virtual ms; null where none will. A clock can jump there. */
  nextChangeMs(): number | null {
    const now = this.#clock.now();
    let next: number | null = null;
    for (const entries of this.#lanes.values()) {
      for (const { startsMs, endsMs, freeMs } of entries.values()) {
        const at = startsMs > now ? startsMs : endsMs > now ? endsMs : freeMs;
        if (at > now && (next === null || at < next)) next = at;
      }
    }
    return next;
  }

  list(lane: string): Run[] {
    const now = this.#clock.now();
    const entries = this.#lanes.get(lane) ?? new Map<string, Entry>();
    const runs: Run[] = [];
    for (const [key, entry] of entries) {
      const state = stateAt(entry, now);
      if (state === null) entries.delete(key);
      else runs.push({ ...entry.run, state });
    }
    return runs.sort((a, b) =>
      a.experiment === b.experiment ? a.attempt - b.attempt : a.experiment < b.experiment ? -1 : 1,
    );
  }

  /** How many places the runs of the lane take now. */
  taken(lane: string): number {
    const now = this.#clock.now();
    let taken = 0;
    for (const { freeMs, endsMs, ending } of this.#lanes.get(lane)?.values() ?? [])
      if (now < (ending === 'vanishes' ? endsMs : freeMs)) taken++;
    return taken;
  }

  launch(intent: Intent): Launched {
    const { lane, experiment, attempt } = intent;
    const key = `${experiment}/${attempt}`;
    const sha = intentSha256(intent);
    const there = this.#lanes.get(lane)?.get(key);
    if (there?.run.intent === sha) return { kind: 'launched' };
    if (there)
      return {
        kind: 'conflict',
        sentence: `${lane} ${key} is another run; the next attempt gets a new name`,
      };

    const name = `${this.#seed} ${lane} ${key}`;
    const held = this.#held.get(name) ?? 0;
    const nonce = hash('md5', `nonce ${name}`, 'hex');
    const scene = this.#script(intent, { rng: randomOf(`${name} ${held}`), nonce, held });
    if ('held' in scene) {
      this.#held.set(name, held + 1);
      this.occupied++;
      return { kind: 'held', sentence: scene.held };
    }
    const launchedMs = this.#clock.now();
    const startsMs = launchedMs + (scene.pendingMs ?? 0);
    const endsMs = startsMs + scene.durationMs;
    const freeMs = endsMs + (scene.holdsMs ?? 0);
    const { ending } = scene;
    const log = scene.log === null ? null : Buffer.from(scene.log);
    const run = { lane, experiment, attempt, intent: sha, nonce, ...PLACE };
    const entries = this.#lanes.get(lane) ?? new Map<string, Entry>();
    this.#lanes.set(lane, entries.set(key, { run, log, ending, launchedMs, startsMs, endsMs, freeMs }));
    this.launches++;
    return { kind: 'launched' };
  }

  #log({ lane, experiment, attempt }: Run, tailBytes?: number): Uint8Array | null {
    const entry = this.#lanes.get(lane)?.get(`${experiment}/${attempt}`);
    const state = entry && stateAt(entry, this.#clock.now());
    if (!entry || !state) return null;
    if (state.kind === 'pending') return new Uint8Array();
    if (entry.log === null) return state.kind === 'ended' ? null : new Uint8Array();
    return entry.log.subarray(entry.log.length - Math.min(entry.log.length, tailBytes ?? entry.log.length));
  }
}

/** Null where the run has vanished. */
function stateAt({ ending, launchedMs, startsMs, endsMs, freeMs }: Entry, now: number): Run['state'] | null {
  if (now < startsMs) return { kind: 'pending', sinceMs: launchedMs, sentence: 'waiting for its turn' };
  if (now < endsMs) return { kind: 'running', sinceMs: startsMs, phase: 'training' };
  if (ending === 'vanishes') return null;
  const ended = { kind: 'ended', ending: { ...ending, atMs: endsMs } } as const;
  return now < freeMs ? { ...ended, occupiesSlot: true } : ended;
}

/** A small generator (sfc32) seeded by the digest of a name. */
function randomOf(name: string): () => number {
  const digest = hash('md5', name, 'buffer');
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readInt32LE(at)) as [number, number, number, number];
  return () => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
}
