// Runs as Kubernetes Jobs: one Job per attempt, which is the whole intent, made by one call and found again by name.
import type { V1Job } from '@kubernetes/client-node';
import type { Run } from '../../core/run.ts';
import type { Executor, Intent, Launched, RunEnd } from '../../ports.ts';
import { readAnchor } from './anchor.ts';
import { Unreachable } from './client/api.ts';
import type { Job } from './client/objects.ts';
import { ms } from './client/objects.ts';
import { DeletedJobs, isLeaving } from './deleted-jobs.ts';
import { Jobs } from './jobs.ts';
import { Logs } from './logs.ts';
import { avoidedBy, barsInVain } from './manifest/affinity.ts';
import { PACKED_AT_MOST, pack, readIntent, readIntentFile } from './manifest/annotations.ts';
import { jobManifest, releaseOf, templateSha } from './manifest/job.ts';
import { jobName, label, laneLabel, type RunKey } from './manifest/names.ts';
import type { KubernetesOptions } from './options.ts';
import { isOutdated, JobRecreation, recreatedRun, waitingRun } from './recreation.ts';
import { Slots, wokenIn } from './slots.ts';
import { PendingReason } from './state/pending-reason.ts';
import { Snapshot } from './state/snapshot.ts';
import { RunStateTracker } from './state/tracker.ts';

export type { KubernetesOptions } from './options.ts';

const LEAK_GUARD_HOURS = 24;
const TTL_SECONDS = 600;
const STUCK_SECONDS = 60;
const TOO_LARGE = `train.py takes more than ${PACKED_AT_MOST} bytes packed and fits in no Job; make it smaller`;
export class KubernetesExecutor implements Executor {
  readonly #options: KubernetesOptions;
  readonly #jobs: Jobs;
  readonly #logs: Logs;
  readonly #snapshot: Snapshot;
  readonly #tracker: RunStateTracker;
  readonly #pendingReason: PendingReason;
  readonly #recreation = new JobRecreation();
  readonly #deleted: DeletedJobs;
  readonly #slots: Slots;
  readonly #begunMs: number;

  constructor(options: KubernetesOptions) {
    this.#options = options;
    const { api, clock, namespace, lanes, anchor, pool, relistMs } = options;
    const { onChange = () => {}, stuckSeconds = STUCK_SECONDS } = options;
    const mine = { lanes, owner: anchor?.name ?? null, release: releaseOf(anchor), relistMs };
    this.#snapshot = new Snapshot({ api, clock, namespace, ...mine, onChange: wokenIn(pool, onChange) });
    this.#tracker = new RunStateTracker(this.#snapshot, clock, 1000 * stuckSeconds);
    this.#jobs = new Jobs(api, namespace, options.says ?? (() => {}));
    this.#logs = new Logs(api);
    this.#pendingReason = new PendingReason(api, clock, namespace);
    this.#slots = new Slots(pool, this.#tracker, clock);
    this.#begunMs = clock.now();
    const nameOf = (run: RunKey) => this.#recreatedName(run);
    const known = { snapshot: this.#snapshot, tracker: this.#tracker, jobs: this.#jobs };
    this.#deleted = new DeletedJobs({ ...known, recreation: this.#recreation, clock, nameOf });
  }

  /** Calls `onChange` when something happens in the cluster, until `signal` aborts. */
  watch(signal: AbortSignal): Promise<void> {
    return this.#snapshot.watch(signal);
  }

  async list(lane: string): Promise<Run[]> {
    await this.#snapshot.look();
    await this.#deleted.look();
    this.#pendingReason.keep(this.#tracker.remember());
    const runs: Run[] = [];
    const replaceable = this.#slots.replaceable();
    for (const job of [...this.#snapshot.jobs]) {
      if (job.metadata?.labels?.[label.lane] !== laneLabel(lane)) continue;
      const run = await this.#runOf(job);
      if (run?.lane !== lane) continue;
      const { state } = run;
      const free = state.kind === 'ended' && state.occupiesSlot && replaceable.has(job.metadata!.name!);
      runs.push(free ? { ...run, state: { ...state, occupiesSlot: false } } : run);
    }
    // A second, direct look at a Job may have shown that it is gone.
    await this.#deleted.look();
    for (const run of this.#deleted.runs.values()) if (run.lane === lane) runs.push(run);
    for (const [name, recreation] of this.#recreation.missing()) {
      const here = this.#snapshot.job(name);
      if (recreation.run.lane !== lane || (here && !isLeaving(here))) continue;
      runs.push(recreation.dueMs <= this.#now ? await this.#create(name) : waitingRun(recreation, this.#now));
    }
    return runs.sort((a, b) => Number(a.experiment) - Number(b.experiment) || a.attempt - b.attempt);
  }

  async launch(intent: Intent, avoid: readonly string[] = []): Promise<Launched> {
    try {
      if (this.#slots.bounded) await this.#snapshot.look();
      return await this.#slots.acquire(intent, this.#snapshot.nameOf(intent), async () => {
        await this.#endEarlier(intent);
        return this.#start(intent, avoid);
      });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { kind: 'held', sentence: `the cluster cannot be asked to start it: ${error.message}` };
    }
  }

  /** The Job that `launch` would create, but for its nonce; null where train.py is too large for one. */
  manifestOf(intent: Intent, avoid: readonly string[] = [], anchor = this.#options.anchor): V1Job | null {
    const { pool, namespace, leakGuardHours = LEAK_GUARD_HOURS, nonce } = this.#options;
    const packed = pack(intent.trainPy);
    if (packed === null) return null;
    return jobManifest(intent, pool, {
      namespace,
      anchor,
      leakGuardHours,
      nonce: nonce(),
      packed,
      avoid,
      never: this.#never,
    });
  }

  async log(run: Run, tailBytes?: number, signal?: AbortSignal): Promise<Uint8Array | null> {
    const name = this.#snapshot.nameOf(run);
    const job = this.#snapshot.job(name) ?? (await this.#jobs.read(name));
    if (!job) return null;
    if (this.#snapshot.podsOf(job).length === 0) await this.#snapshot.reread(name);
    const pod = this.#tracker.of(job)?.pod?.pod.metadata?.name;
    if (!pod) return run.state.kind === 'ended' ? null : new Uint8Array();
    return this.#logs.read(this.#snapshot.path('pods', pod), run.state, tailBytes, signal);
  }

  async remove(run: Run, end?: RunEnd): Promise<void> {
    const name = this.#snapshot.nameOf(run);
    this.#recreation.forget(this.#recreatedName(run));
    this.#deleted.runs.delete(name);
    const job = this.#snapshot.job(name) ?? (await this.#jobs.read(name));
    // The name may have gone to another run since.
    if (!job || (readIntentFile(job.spec?.template.metadata?.annotations)?.nonce ?? '') !== run.nonce) return;
    const ttlSeconds = this.#options.ttlSeconds ?? TTL_SECONDS;
    const settled = end && ttlSeconds > 0 && this.#tracker.isOver(job);
    const removal = settled ? this.#jobs.settle(job, end, ttlSeconds) : this.#jobs.delete(job);
    await this.#snapshot.remove(job, removal);
  }

  /** Name and uid of a run's Job, for Events that speak of it; the uid is '' where it is not known. */
  jobOf(key: RunKey): { name: string; uid: string } {
    return { name: this.#snapshot.nameOf(key), uid: this.#snapshot.jobOf(key)?.metadata?.uid ?? '' };
  }

  /** What its Job is called when it is made anew, whatever controller made it first. */
  #recreatedName(key: RunKey): string {
    return jobName(key, releaseOf(this.#options.anchor));
  }

  get #never(): readonly string[] {
    return this.#options.never?.() ?? [];
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  /** Null: the Job is not ours, or it is going away. */
  async #runOf(found: Job): Promise<Run | null> {
    if (isLeaving(found)) return null;
    const name = found.metadata!.name!;
    let job: Job | undefined = found;
    let observed = this.#tracker.of(job);
    if (!observed) return null;
    const { kind } = observed.state;
    const absent = kind === 'unstarted' || (kind === 'ended' && (observed.pod?.gone ?? true));
    if (absent && !this.#tracker.isConfirmed(job)) {
      // Concluded from something that is not there: a second, direct look before anybody acts on it.
      await this.#snapshot.reread(name);
      job = this.#snapshot.job(name);
      observed = job && !isLeaving(job) ? this.#tracker.of(job) : null;
      if (!job || !observed) return null;
      this.#tracker.confirm(job);
    }
    const { run, state } = observed;
    if (state.kind === 'unstarted') return this.#recreate(job, run, state.sentence);
    if (state.kind === 'pending') {
      const { pool, namespace, leakGuardHours = LEAK_GUARD_HOURS } = this.#options;
      const again = barsInVain(job.spec?.template.spec?.affinity, pool, this.#never);
      if (again) return this.#recreate(job, run, 'a node is tried again');
      if (isOutdated(job, templateSha(pool, { namespace, leakGuardHours }), this.#begunMs))
        return this.#recreate(job, run, 'its pool has new settings');
      const podlessMs = this.#tracker.podlessMs(job);
      return {
        ...run,
        state: {
          ...state,
          sentence: await this.#pendingReason.of(job, state.sentence, observed.pod, podlessMs),
        },
      };
    }
    this.#recreation.forget(this.#recreatedName(run));
    return observed.working ?? { ...run, state };
  }

  /** Makes a Job anew that never started, when its time has come; the loop goes on seeing a waiting run. */
  async #recreate(job: Job, run: Omit<Run, 'state'>, sentence: string): Promise<Run> {
    const name = this.#recreatedName(run);
    const intent = readIntent(job.spec?.template.metadata?.annotations);
    if (!intent) {
      const sentence = `Job ${job.metadata!.name} was changed by hand`;
      return {
        ...run,
        state: { kind: 'ended', ending: { sealed: null, word: 'damaged', sentence, atMs: this.#now } },
      };
    }
    const sinceMs = ms(job.metadata?.creationTimestamp) ?? this.#now;
    const wanted = { intent, avoid: avoidedBy(job.spec?.template.spec?.affinity) };
    const recreation = this.#recreation.note(name, run, wanted, sinceMs, sentence, this.#now);
    if (recreation.dueMs > this.#now) return waitingRun(recreation, this.#now);
    await this.#snapshot.remove(job, this.#jobs.delete(job));
    this.#recreation.deleted(name);
    return this.#create(name);
  }

  async #create(name: string): Promise<Run> {
    const { intent, avoid } = this.#recreation.get(name)!;
    const launched = await this.#slots.acquire(intent, name, () => this.#start(intent, avoid));
    if (launched.kind === 'launched') {
      const job = this.#snapshot.job(name);
      const recreation = this.#recreation.created(name, this.#now);
      return recreatedRun(recreation, (job && this.#tracker.of(job)?.run) ?? recreation.run);
    }
    return waitingRun(this.#recreation.blocked(name, launched.sentence, this.#now), this.#now);
  }

  async #start(intent: Intent, avoid: readonly string[]): Promise<Launched> {
    const { api, namespace, anchor } = this.#options;
    const owner = anchor && (await readAnchor(api, namespace, anchor.name));
    if (owner?.kind === 'gone') return { kind: 'held', sentence: owner.sentence };
    const manifest = this.manifestOf(intent, avoid, owner?.anchor);
    if (!manifest) return { kind: 'unfit', sentence: TOO_LARGE };
    const beganMs = this.#now;
    const created = await this.#jobs.create(intent, manifest);
    if (created.kind !== 'there') return created;
    const { job } = created;
    this.#snapshot.add(job);
    this.#deleted.created(job);
    if (created.made) this.#tracker.made(job, beganMs);
    return { kind: 'launched' };
  }

  /** An attempt whose end is recorded may still hold a node: suspended, Terminating, or with a second Pod. */
  async #endEarlier(intent: Intent): Promise<void> {
    for (const job of this.#tracker.earlier(intent)) {
      if (this.#tracker.isOver(job)) continue;
      await this.#snapshot.remove(job, this.#jobs.delete(job));
    }
  }
}
