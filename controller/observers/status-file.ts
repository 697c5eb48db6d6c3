// What a controller is at, in a file beside its lane: `status` runs in a process of its own and has to tell the truth.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { alive, processOf } from '../adapters/process/liveness.ts';
import { limitsSchema } from '../core/control.ts';
import type { World } from '../core/world.ts';
import type { Stop } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import { type MachineView, machineViewSchema } from '../views/machine.ts';
import { MachineFacts } from './machine-facts.ts';
import { pendingRuns } from './pending-runs.ts';

const laneStatusSchema = z.object({
  pid: z.number(),
  startTime: z.string(),
  /** starting, running, in trouble, stopped; or waiting, for another controller to end. */
  state: z.enum(['starting', 'waiting', 'running', 'in trouble', 'stopped']),
  /** Why it is in trouble, waits or has stopped, or why nothing is launched; '' where all goes well. */
  why: z.string(),
  running: z.array(z.string()),
  /** When each of those began, in milliseconds. */
  since: z.record(z.string(), z.number()).default({}),
  waiting: z.array(
    z.object({ experiment: z.string(), sentence: z.string(), sinceMs: z.number().nullable().default(null) }),
  ),
  /** The caps that the lane was started with. Null before its first turn, and of an older release. */
  limits: limitsSchema.nullable().default(null),
  /** Null of an older release. */
  machine: machineViewSchema.nullable().default(null),
});
export type LaneStatus = z.infer<typeof laneStatusSchema>;

const PAUSE_MS = 1000;

/**
 * What the controller of this file is at, or was at last where it is not alive any more. Null where there never was one, and
 * where the file is damaged: only people are told by it, and the next controller writes it anew.
 */
export async function readStatus(file: string): Promise<(LaneStatus & { readonly alive: boolean }) | null> {
  try {
    const status = laneStatusSchema.parse(JSON.parse(textOf(file)));
    return { ...status, alive: alive(status.pid, status.startTime) };
  } catch {
    return null;
  }
}

/** At once, as it is written: a page reads it over and over. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Keeps the file up to date, at most once a second. */
export class StatusFile {
  readonly #file: string;
  readonly #trouble: (sentence: string) => void;
  readonly #machine: MachineFacts;
  #status: LaneStatus;
  #written = '';
  #told = '';
  #writing: Promise<void> | null = null;
  #hurried = false;
  #endPause = () => {};

  /** `trouble`: told when the file cannot be written; the lane goes on. */
  constructor(
    file: string,
    trouble: (sentence: string) => void,
    about: Pick<MachineView, 'holder' | 'pool' | 'commands'>,
  ) {
    this.#file = file;
    this.#trouble = trouble;
    this.#machine = new MachineFacts(about, Date.now());
    const { pid } = process;
    const startTime = processOf(pid)?.startTime ?? '';
    const idle = { running: [], since: {}, waiting: [], limits: null, machine: this.#machine.now };
    this.#status = { pid, startTime, state: 'starting', why: '', ...idle };
    this.#changed({});
  }

  readonly observer: Observer = {
    happened: (event) => {
      const { kind, ...rest } = event;
      this.#machine.happened(event);
      if ('sentence' in rest && kind === 'trouble')
        this.#changed({ state: 'in trouble', why: rest.sentence });
      if ('sentence' in rest && kind === 'held') this.#changed({ why: rest.sentence });
      if (kind === 'launched' || kind === 'began') this.#changed({ why: '' });
    },
    turn: (world) => {
      this.#machine.turn(world);
      const running = world.runs.filter(
        ({ experiment, state }) => state.kind === 'running' && !world.settled.has(experiment),
      );
      this.#changed({
        state: 'running',
        ...(this.#status.state === 'in trouble' && { why: '' }),
        limits: world.lane.limits,
        running: running.map(({ experiment }) => experiment),
        since: Object.fromEntries(running.map(({ experiment, state }) => [experiment, beganMs(state)])),
        waiting: pendingRuns(world).map(({ experiment, sentence, sinceMs }) => ({
          experiment,
          sentence,
          sinceMs,
        })),
      });
    },
  };

  /** Another controller leads the lane, or the cluster cannot be asked who does. */
  waitsForLease(sentence: string): void {
    this.#changed({ state: 'waiting', why: sentence });
  }

  stopped({ sentence }: Stop): void {
    this.#changed({ state: 'stopped', why: sentence, running: [], since: {}, waiting: [] });
  }

  /** Resolves when the file says what is so now; until then no change waits for its turn. */
  async settled(): Promise<void> {
    this.#hurried = true;
    this.#endPause();
    while (this.#writing) await this.#writing;
    this.#hurried = false;
  }

  #changed(change: Partial<LaneStatus>): void {
    this.#status = { ...this.#status, ...change, machine: this.#machine.now };
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  async #write(): Promise<void> {
    for (;;) {
      const text = JSON.stringify(this.#status);
      if (text === this.#written) return;
      try {
        // At once, as the store does: to hand three small calls to another thread costs more than to make them.
        mkdirSync(dirname(this.#file), { recursive: true });
        writeFileSync(`${this.#file}.new`, text);
        renameSync(`${this.#file}.new`, this.#file);
        this.#told = '';
      } catch (error) {
        const sentence = `the status file cannot be written: ${(error as Error).message}; check the volume`;
        if (sentence !== this.#told) this.#trouble(sentence);
        this.#told = sentence;
      }
      this.#written = text;
      if (this.#hurried) continue;
      // Nothing to keep a process for: who waits for the file ends the pause.
      await new Promise<void>((done) => {
        this.#endPause = done;
        setTimeout(done, PAUSE_MS).unref();
      });
    }
  }
}

function beganMs(state: World['runs'][number]['state']): number {
  return 'sinceMs' in state ? state.sinceMs : 0;
}
