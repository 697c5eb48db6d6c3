// The Job controller, with the order and the two-step ends of the real one.
import { type Objects, Refused, type Thing } from './objects.ts';
import { isOver, withCondition } from './scheduler.ts';
import { warn } from './warning.ts';

const SYNC_MS = 10;
const FINALIZER = 'batch.kubernetes.io/job-tracking';

export class JobController {
  readonly #objects: Objects;
  readonly #planned = new Set<string>();
  readonly #failures = new Map<string, number>();
  /** Creates what a namespace's rules allow, or throws a Refused. */
  readonly #admit: (plural: string, thing: Thing) => Thing;
  #names = 0;
  paused = false;

  constructor(objects: Objects, admit: (plural: string, thing: Thing) => Thing) {
    this.#objects = objects;
    this.#admit = admit;
    objects.onChange(({ plural, type, object }) => {
      if (plural === 'jobs' && type !== 'DELETED')
        this.#plan(object.metadata.namespace!, object.metadata.name, SYNC_MS);
      if (plural === 'pods') {
        const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
        if (owner) this.#plan(object.metadata.namespace!, owner.name, SYNC_MS);
        if (owner && type !== 'DELETED') this.#release(object, owner.uid);
      }
      if (plural === 'jobs' && type === 'DELETED') this.#orphan(object);
    });
  }

  /** Has the controller look at this Job again, as its resync does. */
  poke(namespace: string, name: string): void {
    this.#plan(namespace, name, SYNC_MS);
  }

  /** Starts a second Pod for a Job that has one: what may happen after a failover with a stale cache. */
  startAnother(job: Thing): Thing {
    return this.#objects.create('pods', this.#podOf(job));
  }

  #plan(namespace: string, name: string, ms: number): void {
    const key = `${namespace}/${name}`;
    if (this.#planned.has(key)) return;
    this.#planned.add(key);
    this.#objects.time.after(ms, () => {
      this.#planned.delete(key);
      const job = this.#objects.get('jobs', namespace, name);
      if (job && !this.paused) this.#sync(job);
    });
  }

  #sync(job: Thing): void {
    if (job.metadata.deletionTimestamp || job.spec.managedBy) return;
    const { namespace, name } = job.metadata as { namespace: string; name: string };
    if (finished(job)) return this.#expire(job);
    const { time } = this.#objects;
    const pods = this.#objects.podsOwnedBy(job.metadata.uid!);
    if (job.spec.suspend) {
      for (const pod of pods.filter((pod) => !isOver(pod))) this.#objects.delete('pods', pod);
      if (!has(job, 'Suspended'))
        this.#update(
          job,
          (now) => ({
            ...withCondition(now, { type: 'Suspended', status: 'True', reason: 'JobSuspended' }, time.stamp),
          }),
          {},
        );
      return;
    }
    if (has(job, 'Suspended')) {
      this.#update(
        job,
        (now) => withCondition(now, { type: 'Suspended', status: 'False', reason: 'JobResumed' }, time.stamp),
        { startTime: time.stamp },
      );
      return;
    }
    if (!job.status?.startTime) {
      this.#update(job, (now) => now, { startTime: time.stamp });
      const seconds: number | undefined = job.spec.activeDeadlineSeconds;
      if (seconds !== undefined) time.after(1000 * seconds + 1, () => this.poke(namespace, name));
      return;
    }
    const alive = pods.filter((pod) => !isOver(pod));
    const target = job.status.conditions?.find(
      (c: { type: string }) => c.type === 'FailureTarget' || c.type === 'SuccessCriteriaMet',
    );
    const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length + (job.status.failed ?? 0);
    const succeeded =
      pods.some((pod) => pod.status?.phase === 'Succeeded') || (job.status.succeeded ?? 0) > 0;
    if (target) {
      // A terminal condition is added only when no Pod is left alive.
      if (alive.length > 0) return;
      const type = target.type === 'FailureTarget' ? 'Failed' : 'Complete';
      const { reason = '', message = '' } = target;
      this.#update(job, (now) => withCondition(now, { type, status: 'True', reason, message }, time.stamp), {
        ...(type === 'Complete' && { completionTime: time.stamp }),
      });
      return;
    }
    const late =
      time.nowMs - Date.parse(job.status.startTime) >=
      1000 * (job.spec.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY);
    if (failed > (job.spec.backoffLimit ?? 6))
      return this.#target(job, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', alive);
    if (late)
      return this.#target(job, 'DeadlineExceeded', 'Job was active longer than specified deadline', alive);
    if (succeeded)
      return void this.#update(
        job,
        (now) =>
          withCondition(
            now,
            { type: 'SuccessCriteriaMet', status: 'True', reason: 'CompletionsReached' },
            time.stamp,
          ),
        { succeeded: 1 },
      );
    // podReplacementPolicy Failed: a Pod that is still ending keeps its place.
    if (alive.length === 0 && failed === 0) this.#createPod(job);
  }

  #target(job: Thing, reason: string, message: string, alive: readonly Thing[]): void {
    const { stamp } = this.#objects.time;
    this.#update(
      job,
      (now) => withCondition(now, { type: 'FailureTarget', status: 'True', reason, message }, stamp),
      { failed: 1 },
    );
    for (const pod of alive) this.#objects.delete('pods', pod);
  }

  #update(job: Thing, change: (job: Thing) => Thing, status: Record<string, unknown>): void {
    this.#objects.update('jobs', job, (now) => {
      const changed = change(now);
      return { ...changed, status: { ...changed.status, ...status } };
    });
  }

  #createPod(job: Thing): void {
    const { namespace, name, uid } = job.metadata as { namespace: string; name: string; uid: string };
    try {
      this.#admit('pods', this.#podOf(job));
      this.#failures.delete(uid);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const failures = (this.#failures.get(uid) ?? 0) + 1;
      this.#failures.set(uid, failures);
      warn(this.#objects, job, 'FailedCreate', `Error creating: ${error.message}`);
      this.#objects.time.after(Math.min(60_000, 1000 * 2 ** failures), () => this.poke(namespace, name));
    }
  }

  #podOf(job: Thing): Thing {
    const { name, namespace, uid } = job.metadata;
    const { template } = job.spec;
    const labels = {
      ...template.metadata?.labels,
      'batch.kubernetes.io/job-name': name,
      'batch.kubernetes.io/controller-uid': uid,
    };
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name.slice(0, 57)}-${(++this.#names).toString(36).padStart(5, '0')}`,
        namespace: namespace!,
        labels,
        annotations: template.metadata?.annotations,
        finalizers: [FINALIZER],
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: uid!, controller: true }],
      },
      spec: template.spec,
      status: { phase: 'Pending' },
    };
  }

  /** A Pod that is counted, or whose Job is gone, loses the finalizer that kept it to be counted. */
  #release(pod: Thing, owner: string): void {
    if (!pod.metadata.finalizers?.includes(FINALIZER)) return;
    const jobOf = () => {
      const name = pod.metadata.ownerReferences!.find((reference) => reference.uid === owner)!.name;
      const job = this.#objects.get('jobs', pod.metadata.namespace!, name);
      return job?.metadata.uid === owner ? job : undefined;
    };
    const job = jobOf();
    // Of a Job that is to end, a Pod that no kubelet has is counted as it is deleted.
    const ended =
      isOver(pod) || (has(job, 'FailureTarget') && pod.metadata.deletionTimestamp && !pod.spec.nodeName);
    if (job && (!ended || this.paused)) return;
    this.#objects.time.after(SYNC_MS, () => {
      const now = this.#objects.get('pods', pod.metadata.namespace!, pod.metadata.name);
      if (!now) return;
      const current = jobOf();
      // Counted first, released second.
      if (current && now.metadata.deletionTimestamp && !finished(current)) {
        const counted = now.status.phase === 'Succeeded' ? { succeeded: 1 } : { failed: 1 };
        if (!current.spec.suspend) this.#update(current, (one) => one, counted);
      }
      this.#objects.update('pods', now, (one) => ({ ...one, metadata: { ...one.metadata, finalizers: [] } }));
    });
  }

  /** Its Pods need not be counted any more. */
  #orphan(job: Thing): void {
    this.#objects.time.after(SYNC_MS, () => {
      for (const pod of this.#objects.podsOwnedBy(job.metadata.uid!)) this.#release(pod, job.metadata.uid!);
    });
  }

  #expire(job: Thing): void {
    const ttl: number | undefined = job.spec.ttlSecondsAfterFinished;
    if (ttl === undefined) return;
    const finishedMs = Date.parse(finished(job)!.lastTransitionTime);
    const leftMs = finishedMs + 1000 * ttl - this.#objects.time.nowMs;
    if (leftMs <= 0) this.#objects.delete('jobs', job);
    else this.#objects.time.after(leftMs, () => this.poke(job.metadata.namespace!, job.metadata.name));
  }
}

function has(job: Thing | undefined, type: string): boolean {
  return (job?.status?.conditions ?? []).some(
    (c: { type: string; status: string }) => c.type === type && c.status === 'True',
  );
}

function finished(job: Thing): { type: string; lastTransitionTime: string } | undefined {
  return (job.status?.conditions ?? []).find(
    (c: { type: string; status: string }) =>
      (c.type === 'Complete' || c.type === 'Failed') && c.status === 'True',
  );
}
