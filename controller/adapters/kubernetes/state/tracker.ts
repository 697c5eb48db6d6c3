// How every Job of a snapshot stands, with what this controller remembers of it. The memory only sharpens words: a
// controller that starts without it comes to the same kind of end.
import type { Run } from '../../../core/run.ts';
import type { Clock } from '../../../ports.ts';
import type { Job } from '../client/objects.ts';
import { isTerminal, type Pod } from '../client/objects.ts';
import type { RunKey } from '../manifest/names.ts';
import { factsOf, isSteady } from './pod-facts.ts';
import { isLeaving, type ObservedRun, observedRun, type SeenBefore } from './run-state.ts';
import type { Snapshot } from './snapshot.ts';

/** So long a Pod may go on after its Job was deleted. */
const GRACE_SECONDS = 15;
const UNSEEN: SeenBefore = { started: false, waiting: false, podlessMs: null };

export class RunStateTracker {
  readonly #snapshot: Snapshot;
  readonly #clock: Clock;
  readonly #stuckMs: number;
  readonly #seen = new Map<string, SeenBefore>();
  /** Of most Jobs of a wide lane: they wait or run, whatever the time is and whatever was seen before. */
  readonly #steady = new WeakMap<Job, ObservedRun>();
  /** Resource versions of Jobs by uid. */
  readonly #confirmed = new Map<string, string>();
  readonly #madeMs = new Map<string, number>();

  constructor(snapshot: Snapshot, clock: Clock, stuckMs: number) {
    this.#snapshot = snapshot;
    this.#clock = clock;
    this.#stuckMs = stuckMs;
  }

  /** Null: the Job is no run of ours, whatever its labels say. The same object as before where nothing has changed. */
  of(job: Job): ObservedRun | null {
    const pods = this.#snapshot.podsOf(job);
    const deletedPods = this.#snapshot.deletedPodsOf(job);
    const alone = pods.length === 1 && deletedPods.length === 0;
    const known = this.#steady.get(job);
    if (alone && known?.pod?.pod === pods[0]) return known!;
    const observed = observedRun({
      job,
      pods,
      deletedPods,
      seen: this.#seen.get(job.metadata!.uid!) ?? UNSEEN,
      nowMs: this.#clock.now(),
      stuckMs: this.#stuckMs,
    });
    if (alone && observed?.pod && isSteady(observed.pod)) this.#steady.set(job, observed);
    return observed;
  }

  /** Notes what is seen now of each Job, for the time when its Pod is gone; the uids of all Jobs. */
  remember(): ReadonlySet<string> {
    const uids = new Set<string>();
    for (const job of this.#snapshot.jobs) {
      const uid = job.metadata!.uid!;
      uids.add(uid);
      const before = this.#seen.get(uid) ?? UNSEEN;
      const observed = this.of(job);
      if (before.started && before.podlessMs === null && observed?.pod) continue;
      const started = before.started || (observed?.pod?.started ?? false);
      const waiting = !started && (before.waiting || observed?.state.kind === 'pending');
      const podlessMs = observed?.pod ? null : (before.podlessMs ?? this.#clock.now());
      this.#seen.set(uid, { started, waiting, podlessMs });
    }
    for (const memory of [this.#seen, this.#confirmed, this.#madeMs])
      for (const uid of memory.keys()) if (!uids.has(uid)) memory.delete(uid);
    return uids;
  }

  /** This controller made the Job, and began to at this time of its own clock. */
  made(job: Job, beganMs: number): void {
    this.#madeMs.set(job.metadata!.uid!, beganMs);
  }

  /** Its container ran, at some time, for all that was seen of a Job that may be gone. */
  hadStarted(job: Job): boolean {
    return (this.#seen.get(job.metadata!.uid!)?.started ?? false) || (this.of(job)?.pod?.started ?? false);
  }

  /** How the run of a Job stands that somebody deleted, once it had started: over, whatever its Pod does until it is gone. */
  stateWithoutJob(job: Job, { state, pod }: ObservedRun): Run['state'] {
    if (state.kind === 'ended') return { kind: 'ended', ending: state.ending };
    const nowMs = this.#clock.now();
    const madeMs = this.#madeMs.get(job.metadata!.uid!);
    const ranSeconds = madeMs === undefined ? undefined : Math.max(0, nowMs - madeMs) / 1000 + GRACE_SECONDS;
    const where = pod?.node ? ` (node ${pod.node})` : '';
    const sentence = `its Job was deleted from outside${where}`;
    const ending = { sealed: null, word: 'deleted', sentence, atMs: nowMs };
    return { kind: 'ended', ending: { ...ending, ...(ranSeconds !== undefined && { ranSeconds }) } };
  }

  /** Whether what is concluded of the Job from the absence of a Pod has been looked at twice. */
  isConfirmed(job: Job): boolean {
    return this.#confirmed.get(job.metadata!.uid!) === job.metadata!.resourceVersion;
  }

  confirm(job: Job): void {
    this.#confirmed.set(job.metadata!.uid!, job.metadata!.resourceVersion!);
  }

  /** Since when the Job has had no Pod, milliseconds since the epoch; null while it has one. */
  podlessMs(job: Job): number | null {
    return this.#seen.get(job.metadata!.uid!)?.podlessMs ?? null;
  }

  /** Nothing of the Job runs any more, and the cluster will end it by itself. */
  isOver(job: Job): boolean {
    const pods = this.#snapshot.podsOf(job);
    const when = { nowMs: this.#clock.now(), stuckMs: this.#stuckMs };
    const isOver = (pod: Pod) => isTerminal(pod) || isLeaving(factsOf(pod), when);
    return !job.spec?.suspend && pods.length > 0 && pods.every(isOver);
  }

  /** How many runs hold, or wait for, a slot of the pool: those of the snapshot, and of the Jobs that are `creating`. */
  busy(creating: ReadonlySet<string>): number {
    const here = [...this.#snapshot.jobs].filter((job) => {
      const state = this.of(job)?.state;
      return state?.kind !== 'ended' || state.occupiesSlot;
    });
    return here.length + [...creating].filter((name) => !this.#snapshot.job(name)).length;
  }

  /**
   * The names of the Jobs whose Pod is being put away while there is room for one more run in so many slots. All lanes
   * are told the same: where two of them have a Pod put away, one room is not given to both.
   */
  replaceable(slots: number, creating: ReadonlySet<string>): ReadonlySet<string> {
    const free = slots === 0 ? 0 : Math.max(0, slots - this.busy(creating));
    if (free === 0) return new Set();
    const leaving = [...this.#snapshot.jobs].filter((job) => {
      const state = this.of(job)?.state;
      return state?.kind === 'ended' && state.occupiesSlot;
    });
    return new Set(leaving.slice(0, free).map((job) => job.metadata!.name!));
  }

  /** The Jobs of the attempts before this one that still exist. */
  earlier({ lane, experiment, attempt }: RunKey): Job[] {
    const keys = Array.from({ length: attempt - 1 }, (_, i) => ({ lane, experiment, attempt: i + 1 }));
    return keys.map((key) => this.#snapshot.jobOf(key)).filter((job) => job !== undefined);
  }
}
