// Which runs this controller has seen, and what of them and of the open experiments asks for attention. What it removed
// shows for a while, and what it saw may be gone without a word. A turn looks only at what has changed since the last.
import { type Attention, attentionOf } from '../core/attention.ts';
import type { Lane } from '../core/experiment.ts';
import type { Run } from '../core/run.ts';
import { attemptKey, type OpenExperiment } from '../core/world.ts';

interface Experiments {
  readonly open: ReadonlyMap<string, OpenExperiment>;
  readonly settled: ReadonlySet<string>;
  /** Ids of those that are not what they were; emptied by the tracker. */
  readonly changed: Set<string>;
}

interface Seen {
  /** The runs that count. */
  readonly runs: readonly Run[];
  /** Attempts (`000042/1`) seen before that are listed no more. */
  readonly vanished: ReadonlySet<string>;
  readonly attention: Attention;
}

export class RunTracker {
  #listed: readonly Run[] = [];
  /** By experiment, then by attempt. */
  readonly #here = new Map<string, Map<number, Run>>();
  readonly #launched: { readonly experiment: string; readonly attempt: number }[] = [];
  readonly #removed = new Set<string>();
  readonly #vanished = new Set<string>();
  readonly #changed = new Set<string>();
  readonly #asking = new Map<string, OpenExperiment>();
  readonly #over = new Map<string, readonly Run[]>();
  #attention: Attention = { open: [], runs: [], working: 0 };
  /** By experiment that asks for nothing: its attempts under way. */
  readonly #working = new Map<string, number>();
  #atWork = 0;
  readonly #lane: Lane;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** `listed`: a run that is the same object as before has not changed. */
  update(listed: readonly Run[], experiments: Experiments): Seen {
    this.#list(listed);
    for (const id of experiments.changed) this.#changed.add(id);
    experiments.changed.clear();
    for (const id of this.#changed) this.#look(id, experiments);
    if (this.#changed.size > 0)
      this.#attention = {
        open: inOrder(this.#asking),
        runs: inOrder(this.#over).flat(),
        working: this.#atWork,
      };
    this.#changed.clear();
    const runs = this.#removed.size === 0 ? listed : listed.filter((run) => !this.#removed.has(keyOf(run)));
    return { runs, vanished: this.#vanished, attention: this.#attention };
  }

  /** From here on its absence means something. */
  launched(experiment: string, attempt: number): void {
    this.#launched.push({ experiment, attempt });
  }

  removed(run: Run): void {
    this.#removed.add(keyOf(run));
    this.#changed.add(run.experiment);
  }

  #list(listed: readonly Run[]): void {
    const { gone, came } = differences(this.#listed, listed);
    this.#listed = listed;
    for (const { experiment, attempt } of gone) this.#here.get(experiment)?.delete(attempt);
    for (const run of came) {
      const attempts = this.#here.get(run.experiment) ?? new Map<number, Run>();
      this.#here.set(run.experiment, attempts.set(run.attempt, run));
      this.#vanished.delete(keyOf(run));
      this.#changed.add(run.experiment);
    }
    for (const run of [...gone, ...this.#launched.splice(0)]) {
      const { experiment, attempt } = run;
      this.#changed.add(experiment);
      if (this.#here.get(experiment)?.has(attempt)) continue;
      const key = attemptKey(experiment, attempt);
      if (!this.#removed.delete(key)) this.#vanished.add(key);
      if (this.#here.get(experiment)?.size === 0) this.#here.delete(experiment);
    }
  }

  #look(id: string, { open, settled }: Experiments): void {
    const one = open.get(id);
    const runs = [...(this.#here.get(id)?.values() ?? [])].filter((run) => !this.#removed.has(keyOf(run)));
    const attention = attentionOf({ open: one ? [one] : [], runs, settled, lane: this.#lane });
    this.#atWork += attention.working - (this.#working.get(id) ?? 0);
    if (attention.working > 0) this.#working.set(id, attention.working);
    else this.#working.delete(id);
    if (one && attention.open.length > 0) this.#asking.set(id, one);
    else this.#asking.delete(id);
    if (attention.runs.length > 0)
      this.#over.set(
        id,
        attention.runs.toSorted((a, b) => a.attempt - b.attempt),
      );
    else this.#over.delete(id);
  }
}

function keyOf({ experiment, attempt }: Run): string {
  return attemptKey(experiment, attempt);
}

function inOrder<T>(byId: ReadonlyMap<string, T>): T[] {
  return [...byId].sort(([a], [b]) => (isBefore(a, b) ? -1 : 1)).map(([, value]) => value);
}

/** Ids count up; those beyond a million are longer. */
function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

/** What is in one list and not in the other, as objects: in order both are walked once, in any other more is named. */
function differences(before: readonly Run[], now: readonly Run[]): { gone: Run[]; came: Run[] } {
  const gone: Run[] = [];
  const came: Run[] = [];
  if (before === now) return { gone, came };
  let i = 0;
  let j = 0;
  while (i < before.length || j < now.length) {
    const a = before[i];
    const b = now[j];
    if (a === b) {
      i++;
      j++;
    } else if (b === undefined || (a !== undefined && comesBefore(a, b))) {
      gone.push(a!);
      i++;
    } else {
      came.push(b);
      j++;
    }
  }
  return { gone, came };
}

function comesBefore(a: Run, b: Run): boolean {
  return a.experiment === b.experiment ? a.attempt <= b.attempt : isBefore(a.experiment, b.experiment);
}
