// Runs as process trees on this machine: one directory each, under a supervisor that outlives the controller.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BudgetClock } from '../../core/experiment.ts';
import { intentSha256 } from '../../intent.ts';
import type { Executor, Intent, Launched, Run } from '../../ports.ts';
import { codeOf, remedy } from '../../std/errno.ts';
import { Deadlines, endOverdue } from './deadline.ts';
import { type GpuSlots, gpuOf } from './gpu-slots.ts';
import { deleteRun, sweep } from './leaving.ts';
import { claimant, gone, observeRun, runNames } from './observe.ts';
import { parseRunName, prepareRun, readIntent, runName } from './rundir.ts';
import { type Harness, missingPart, startSupervisor } from './supervisor.ts';
import { EndingWatch } from './watch.ts';

export interface ProcessOptions extends Harness {
  /** Directory of the run directories; made where it is missing. */
  readonly runs: string;
  readonly clock: BudgetClock;
  /** UUIDs of the GPUs that its runs may have, one each, and who gives them out; left out where runs use none. */
  readonly gpus?: { readonly uuids: readonly string[]; readonly slots: GpuSlots } | undefined;
  /** Called soon after a run ends, perhaps more than once or for nothing; `list` is the truth. */
  readonly onChange?: () => void;
  /** How long a supervisor has to end its tree before it is killed. */
  readonly graceMs?: number;
  /** Milliseconds on a clock that only differences of matter, for the deadlines; the machine's own where it is left out. */
  readonly now?: () => number;
}

export class ProcessExecutor implements Executor {
  readonly #options: ProcessOptions;
  readonly #runs: string;
  readonly #watch: EndingWatch;
  readonly #deadlines: Deadlines;
  /** Supervisors that this controller started, by run; a sentence where one ended without claiming its run. */
  readonly #started = new Map<string, 'alive' | string>();
  #swept = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    this.#runs = resolve(options.runs);
    this.#watch = new EndingWatch(options.onChange ?? (() => {}));
    this.#deadlines = new Deadlines(options.now ?? (() => performance.now()));
  }

  async list(lane: string): Promise<Run[]> {
    await this.#sweep();
    const runs: Run[] = [];
    for (const name of await runNames(this.#runs, lane)) {
      const run = await this.#look(name);
      if (run) runs.push(run);
    }
    return runs;
  }

  async launch(intent: Intent): Promise<Launched> {
    const name = runName(intent);
    const dir = join(this.#runs, name);
    try {
      let mine = false;
      for (;;) {
        const there = await readIntent(dir);
        if (there === 'damaged' || (there !== null && there.intent !== intentSha256(intent))) {
          return { kind: 'conflict', sentence: `${dir} holds another run; the next attempt gets a new name` };
        }
        if (there !== null) break;
        const missing = await missingPart(this.#options);
        if (missing) return { kind: 'held', sentence: missing };
        const prepared = await this.#prepare(intent);
        if (prepared === null) return { kind: 'held', sentence: this.#noGpuFree };
        mine = prepared === 'prepared';
      }
      if (!this.#started.has(name) && (await claimant(dir)) === null) {
        const held = await this.#start(name);
        if (held !== null && mine) await deleteRun(dir, this.#graceMs);
        if (held !== null) return { kind: 'held', sentence: held };
      }
      this.#watch.begin(dir);
      return { kind: 'launched' };
    } catch (error) {
      const sentence = remedy(error, this.#runs);
      if (sentence === null) throw error;
      return { kind: 'held', sentence };
    }
  }

  /** Null: each GPU has a run. */
  #prepare(intent: Intent): Promise<'prepared' | 'taken' | null> {
    const { gpus, clock } = this.#options;
    const prepare = (gpu: string | null) => prepareRun(this.#runs, intent, clock, gpu);
    return gpus ? gpus.slots.give(gpus.uuids, prepare) : prepare(null);
  }

  get #noGpuFree(): string {
    const { length } = this.#options.gpus?.uuids ?? [];
    return `each of the ${length} GPUs has a run; wait until one ends, or give the lanes together no more width than GPUs`;
  }

  async log(run: Run, tailBytes?: number): Promise<Uint8Array | null> {
    const dir = join(this.#runs, runName(run));
    const path = join(dir, 'result', 'run.log');
    try {
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        const seen = await file.stat();
        const size = seen.isFile() ? seen.size : 0;
        const length = Math.min(size, tailBytes ?? size);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
        return buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (codeOf(error) === 'ELOOP') return null; // a link that train.py put there
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) throw error;
    }
    // Nothing was written yet, or nothing ever will be.
    const now = run.state.kind === 'ended' ? run : await observeRun(dir, run);
    return now === null || now.state.kind === 'ended' ? null : new Uint8Array();
  }

  async remove(run: Run): Promise<void> {
    const name = runName(run);
    const dir = join(this.#runs, name);
    this.#forget(dir);
    await deleteRun(dir, this.#graceMs);
    this.#started.delete(name);
    this.#options.gpus?.slots.occupied(dir, true); // the name may come again
  }

  /** Lets go of the machine's watches; the runs live on. */
  close(): void {
    this.#watch.close();
  }

  get #graceMs(): number {
    return this.#options.graceMs ?? 5000;
  }

  async #look(name: string): Promise<Run | null> {
    const dir = join(this.#runs, name);
    let run = await observeRun(dir, parseRunName(name)!);
    if (run?.state.kind === 'running' && (await this.#deadlines.passed(dir))) {
      const ended = await endOverdue(dir, this.#graceMs).then(
        () => true,
        () => false, // it is over all the same; that a process of it stays is told when it is removed
      );
      if (!ended) return { ...run, state: { ...(await gone(dir, '')), occupiesSlot: true } };
      run = await observeRun(dir, run);
    }
    if (run?.state.kind === 'pending') return this.#lookAfter(run, name, dir);
    if (run?.state.kind === 'running') this.#watch.begin(dir);
    else this.#forget(dir);
    return run;
  }

  #forget(dir: string): void {
    this.#watch.end(dir);
    this.#deadlines.forget(dir);
  }

  /** A run nobody claimed is on its way, or its supervisor died early, or a controller died before starting one. */
  async #lookAfter(run: Run, name: string, dir: string): Promise<Run | null> {
    const fate = this.#started.get(name);
    if (fate === 'alive') return run;
    if (fate === undefined) {
      const held = (await missingPart(this.#options)) ?? (await this.#start(name));
      if (held === null || run.state.kind !== 'pending') return run;
      return { ...run, state: { ...run.state, sentence: held } };
    }
    const again = await observeRun(dir, run); // it may have been claimed just before its supervisor's end was noted
    return again?.state.kind === 'pending' ? { ...again, state: await gone(dir, fate, 'unstarted') } : again;
  }

  /** Null, or a sentence on why the machine starts no process now. */
  async #start(name: string): Promise<string | null> {
    this.#started.set(name, 'alive'); // before the first wait, or a list in between would start another
    try {
      const dir = join(this.#runs, name);
      const { slots } = this.#options.gpus ?? {};
      slots?.occupied(dir, true);
      const child = await startSupervisor(this.#options, dir, await gpuOf(dir));
      child.once('exit', (code, signal) => {
        const how = signal ? `signal ${signal}` : `exit code ${code}`;
        slots?.occupied(dir, false);
        if (this.#started.has(name))
          this.#started.set(name, `the supervisor ended (${how}) before it began the run`);
        this.#options.onChange?.();
      });
      return null;
    } catch (error) {
      this.#started.delete(name);
      const { python } = this.#options;
      return (
        remedy(error, python) ?? `${python} cannot be started (${codeOf(error)}); npm start makes it again`
      );
    }
  }

  /** Once per controller: leftovers are only in the way of people. */
  async #sweep(): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    await sweep(this.#runs);
  }
}
