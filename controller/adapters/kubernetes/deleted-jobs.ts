// Jobs that are gone, though nobody here removed them. Of one that had started the run is shown as ended until the loop
// has taken that in. One that had not started is made anew: it uses up no attempt.
import type { Run } from '../../core/run.ts';
import type { Clock } from '../../ports.ts';
import { type Job, ms } from './client/objects.ts';
import type { Jobs } from './jobs.ts';
import { avoidedBy } from './manifest/affinity.ts';
import { readIntent } from './manifest/annotations.ts';
import type { RunKey } from './manifest/names.ts';
import type { JobRecreation } from './recreation.ts';
import type { Snapshot } from './state/snapshot.ts';
import type { RunStateTracker } from './state/tracker.ts';

interface JobSurroundings {
  readonly snapshot: Snapshot;
  readonly tracker: RunStateTracker;
  readonly jobs: Pick<Jobs, 'read'>;
  readonly recreation: JobRecreation;
  readonly clock: Pick<Clock, 'now'>;
  /** What a run's Job is called when it is made anew. */
  readonly nameOf: (run: RunKey) => string;
}

const UNSTARTED = 'its Job was deleted before it started; see who deletes Jobs in this namespace';

export class DeletedJobs {
  readonly #parts: JobSurroundings;
  /** By name, as they were seen last. */
  readonly #here = new Map<string, Job>();
  /** By the name of their Job: runs that ended with it. */
  readonly runs = new Map<string, Run>();

  constructor(parts: JobSurroundings) {
    this.#parts = parts;
  }

  /** Notes which are gone since the last time. Throws Unreachable. */
  async look(): Promise<void> {
    const { snapshot, jobs } = this.#parts;
    const uids = new Set<string>();
    for (const job of snapshot.jobs) if (!isLeaving(job)) uids.add(job.metadata!.uid!);
    for (const [name, job] of [...this.#here]) {
      if (uids.has(job.metadata!.uid!)) continue;
      if (!snapshot.isOurDoing(job)) {
        const there = await jobs.read(name);
        const gone = there?.metadata?.uid !== job.metadata!.uid || isLeaving(there!);
        if (gone && !snapshot.isOurDoing(job)) this.#note(name, job);
      }
      if (this.#here.get(name) === job) this.#here.delete(name);
    }
    for (const job of snapshot.jobs) this.#see(job);
  }

  /** It was made, now or before. */
  created(job: Job): void {
    this.#see(job);
    this.runs.delete(job.metadata!.name!);
  }

  #see(job: Job): void {
    if (!isLeaving(job)) this.#here.set(job.metadata!.name!, job);
  }

  #note(name: string, job: Job): void {
    const { tracker, recreation, clock, nameOf } = this.#parts;
    const observed = tracker.of(job);
    if (!observed) return;
    const { run } = observed;
    const intent = readIntent(job.spec?.template.metadata?.annotations);
    if (!intent || tracker.hadStarted(job)) {
      this.runs.set(name, { ...run, state: tracker.stateWithoutJob(job, observed) });
      return;
    }
    const wanted = { intent, avoid: avoidedBy(job.spec?.template.spec?.affinity) };
    const nowMs = clock.now();
    const sinceMs = ms(job.metadata?.creationTimestamp) ?? nowMs;
    recreation.note(nameOf(run), run, wanted, sinceMs, UNSTARTED, nowMs);
    recreation.deleted(nameOf(run));
  }
}

export function isLeaving({ metadata }: Job): boolean {
  return metadata?.deletionTimestamp !== undefined;
}
