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
      /** Of the image that ran; '' when left out. */
      readonly image?: string;
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
  readonly key: string;
  readonly log: Uint8Array | null;
  readonly ending: Omit<Ending, 'atMs'> | 'vanishes';
  readonly launchedMs: number;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly freeMs: number;
  /** The same object until something changes. */
  run: Run;
}

/** The runs of a lane. */
class Runs {
  readonly byKey = new Map<string, Entry>();
  readonly #inOrder: Entry[] = [];
  #listed: Run[] | null = [];

  list(): Run[] {
    this.#listed ??= this.#inOrder.map(({ run }) => run);
    return this.#listed;
  }

  add(entry: Entry): void {
    this.byKey.set(entry.key, entry);
    this.#inOrder.splice(this.#placeOf(entry), 0, entry);
    this.#listed = null;
  }

  change(entry: Entry, state: Run['state']): void {
    entry.run = { ...entry.run, state };
    this.#listed = null;
  }

  delete(entry: Entry): void {
    this.byKey.delete(entry.key);
    this.#inOrder.splice(this.#placeOf(entry), 1);
    this.#listed = null;
  }

  #placeOf({ run }: Entry): number {
    let [low, high] = [0, this.#inOrder.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(this.#inOrder[middle]!.run, run) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function order(a: Run, b: Run): number {
  return a.experiment === b.experiment ? a.attempt - b.attempt : a.experiment < b.experiment ? -1 : 1;
}

const PLACE = { node: 'memory' };

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
  readonly #lanes = new Map<string, Runs>();
  /** When which run starts, ends or leaves its place, the next one last. */
  readonly #appointments: { readonly atMs: number; readonly entry: Entry }[] = [];
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
    const runs = this.#runsOf(lane);
    const entry = runs.byKey.get(`${experiment}/${attempt}`);
    if (entry) runs.delete(entry);
  }

  /** When the next run starts, ends or leaves its place, in virtual ms; null where none will. A clock can jump there. */
  nextChangeMs(): number | null {
    this.#catchUp();
    for (let next = this.#appointments.at(-1); next; next = this.#appointments.at(-1)) {
      if (this.#isHere(next.entry)) return next.atMs;
      this.#appointments.pop();
    }
    return null;
  }

  list(lane: string): Run[] {
    this.#catchUp();
    return this.#runsOf(lane).list();
  }

  /** How many places the runs of the lane take now. */
  taken(lane: string): number {
    return this.list(lane).filter(({ state }) => state.kind !== 'ended' || state.occupiesSlot).length;
  }

  launch(intent: Intent): Launched {
    const { lane, experiment, attempt } = intent;
    const key = `${experiment}/${attempt}`;
    const sha = intentSha256(intent);
    this.#catchUp();
    const runs = this.#runsOf(lane);
    const there = runs.byKey.get(key);
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
    const times = { launchedMs, startsMs, endsMs, freeMs };
    const who = { lane, experiment, attempt, intent: sha, nonce, ...PLACE, image: scene.image ?? '' };
    const state = stateAt({ ending, ...times }, launchedMs);
    if (state) {
      const entry: Entry = { key, log, ending, ...times, run: { ...who, state } };
      runs.add(entry);
      this.#appoint(entry);
    }
    this.launches++;
    return { kind: 'launched' };
  }

  #runsOf(lane: string): Runs {
    const runs = this.#lanes.get(lane) ?? new Runs();
    this.#lanes.set(lane, runs);
    return runs;
  }

  #isHere(entry: Entry): boolean {
    return this.#runsOf(entry.run.lane).byKey.get(entry.key) === entry;
  }

  /** Everything happens whose time has come. */
  #catchUp(): void {
    const now = this.#clock.now();
    for (let next = this.#appointments.at(-1); next && next.atMs <= now; next = this.#appointments.at(-1)) {
      this.#appointments.pop();
      const { entry } = next;
      if (!this.#isHere(entry)) continue;
      const state = stateAt(entry, now);
      if (state === null) this.#runsOf(entry.run.lane).delete(entry);
      else {
        this.#runsOf(entry.run.lane).change(entry, state);
        this.#appoint(entry);
      }
    }
  }

  #appoint(entry: Entry): void {
    const now = this.#clock.now();
    const { startsMs, endsMs, freeMs } = entry;
    const atMs = startsMs > now ? startsMs : endsMs > now ? endsMs : freeMs;
    if (atMs <= now || atMs === Number.POSITIVE_INFINITY) return;
    let [low, high] = [0, this.#appointments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#appointments[middle]!.atMs > atMs) low = middle + 1;
      else high = middle;
    }
    this.#appointments.splice(low, 0, { atMs, entry });
  }

  #log({ lane, experiment, attempt }: Run, tailBytes?: number): Uint8Array | null {
    this.#catchUp();
    const entry = this.#runsOf(lane).byKey.get(`${experiment}/${attempt}`);
    if (!entry) return null;
    const { state } = entry.run;
    if (state.kind === 'pending') return new Uint8Array();
    if (entry.log === null) return state.kind === 'ended' ? null : new Uint8Array();
    return entry.log.subarray(entry.log.length - Math.min(entry.log.length, tailBytes ?? entry.log.length));
  }
}

/** Null where the run has vanished. */
function stateAt(
  { ending, launchedMs, startsMs, endsMs, freeMs }: Omit<Entry, 'key' | 'log' | 'run'>,
  now: number,
): Run['state'] | null {
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
