// Jobs and Pods as the API server last told them. A full list is the truth; between two lists only what a watch
// hinted at is read again, object by object and never from a cache; but for a Pod with its last word, which no later
// read would show otherwise.

import type { Clock } from '../../../ports.ts';
import { cooldownFrom, leftMs } from '../../../std/cooldown.ts';
import { type Api, unreachableFor } from '../client/api.ts';
import type { ApiResult, Job, Pod } from '../client/objects.ts';
import { Watch, type WatchHint } from '../client/watch.ts';
import { jobName, label, laneIn, olderJobNames, type RunKey, selectorOf } from '../manifest/names.ts';
import { matter } from './hints.ts';
import { PodCache, unchanged } from './pod-cache.ts';
import { hasLastWord } from './pod-facts.ts';
import { Tombstones } from './tombstones.ts';

interface SnapshotOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly namespace: string;
  /** Only Jobs and Pods of these lanes. */
  readonly lanes: readonly string[];
  /** Only Jobs that this ConfigMap owns, whatever its uid: another release may have lanes of these names. Null: all. */
  readonly owner: string | null;
  /** '' where Jobs are named without one. */
  readonly release: string;
  /** Called when something may have changed that a run's state depends on, with its lane; null: of any lane. */
  readonly onChange: (lane: string | null) => void;
  /** A full list is at most this old, milliseconds; older where a list itself takes long. */
  readonly relistMs?: number | undefined;
}

const RELIST_MS = 15_000;
const RELIST_AT_MOST_MS = 60_000;
/** A list may take this part of the time at most. */
const RELIST_SHARE = 20;
const HINTS_AT_MOST = 40;

export class Snapshot {
  readonly #options: SnapshotOptions;
  readonly #watches: readonly Watch[];
  readonly #jobs = new Map<string, Job>();
  readonly #pods = new PodCache();
  readonly #hinted = { jobs: new Set<string>(), pods: new Set<string>() };
  readonly #tombstones = new Tombstones();
  #stale = true;
  #listedMs = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  #looking: Promise<void> | null = null;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    const watch = (kind: 'jobs' | 'pods') =>
      new Watch({
        api: options.api,
        clock: options.clock,
        path: this.path(kind),
        selector: selectorOf(options.lanes, kind === 'jobs'),
        onHint: (hint) => this.#hint(kind, hint),
        onGap: () => {
          this.#stale = true;
          options.onChange(null);
        },
      });
    this.#watches = [watch('jobs'), watch('pods')];
  }

  path(kind: 'jobs' | 'pods', name?: string): string {
    const base = kind === 'jobs' ? '/apis/batch/v1' : '/api/v1';
    return `${base}/namespaces/${this.#options.namespace}/${kind}${name === undefined ? '' : `/${name}`}`;
  }

  /** Watches until `signal` aborts. Without it every look is a full list. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.run(signal)));
  }

  /** Brings the snapshot up to date; callers at the same time share one look. Throws Unreachable. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  get jobs(): Iterable<Job> {
    return this.#jobs.values();
  }

  job(name: string): Job | undefined {
    return this.#jobs.get(name);
  }

  /** What the Job of a run is called. One that an older controller made keeps its name. */
  nameOf(key: RunKey): string {
    const { release } = this.#options;
    return olderJobNames(key, release).find((old) => this.#jobs.has(old)) ?? jobName(key, release);
  }

  jobOf(key: RunKey): Job | undefined {
    return this.#jobs.get(this.nameOf(key));
  }

  /** The Pods that belong to this very Job, by uid, oldest first. */
  podsOf(job: Job): Pod[] {
    return this.#pods.ownedBy(job.metadata?.uid ?? '');
  }

  /** Its Pods that are gone, as they were seen last; those that nobody saw are missing. */
  deletedPodsOf(job: Job): Pod[] {
    return this.#pods.deletedFrom(job.metadata?.uid ?? '');
  }

  /** Takes in a Job that we created, as the API server answered. */
  add(job: Job): void {
    this.#jobs.set(job.metadata!.name!, job);
  }

  /** Forgets a Job that is nobody's concern any more, once `removal` has deleted or settled it. */
  async remove(job: Job, removal: Promise<void>): Promise<void> {
    await this.#tombstones.bury(job, removal);
    this.#jobs.delete(job.metadata!.name!);
  }

  /** Whether it is gone, or going, because this controller removes it. */
  isOurDoing(job: Job): boolean {
    return this.#tombstones.isGone(job) || this.#tombstones.isLeaving(job.metadata!.name!);
  }

  /** Reads a Job and its Pods anew: for conclusions from something that is not there. Throws Unreachable. */
  async reread(name: string): Promise<void> {
    const { api } = this.#options;
    const query = { labelSelector: `batch.kubernetes.io/job-name=${name}` };
    const asOf = this.#pods.now;
    const [, pods] = await Promise.all([
      this.#rereadOne('jobs', name),
      api.list<Pod>(this.path('pods'), query),
    ]);
    if (pods.kind === 'refused') throw unreachableFor(`the Pods of ${name}`, pods);
    const here = new Set(pods.value.map((pod) => pod.metadata!.name!));
    const job = this.#jobs.get(name);
    for (const pod of job ? this.podsOf(job) : [])
      if (!here.has(pod.metadata!.name!)) this.#pods.set(pod.metadata!.name!, null, asOf);
    for (const pod of pods.value) this.#pods.set(pod.metadata!.name!, pod, asOf);
  }

  get #fresh(): boolean {
    if (this.#stale || this.#hinted.jobs.size + this.#hinted.pods.size > HINTS_AT_MOST) return false;
    const most = Math.max(this.#options.relistMs ?? RELIST_MS, RELIST_SHARE * this.#tookMs);
    const young = cooldownFrom(this.#listedMs, Math.min(most, RELIST_AT_MOST_MS));
    return leftMs(young, this.#options.clock.now()) > 0 && this.#watches.every((watch) => watch.live);
  }

  async #look(): Promise<void> {
    if (!this.#fresh) return this.#list();
    const { jobs, pods } = this.#hinted;
    const names = { jobs: [...jobs], pods: [...pods] };
    for (const hinted of [jobs, pods]) hinted.clear();
    const read = (kind: 'jobs' | 'pods') => names[kind].map((name) => this.#rereadOne(kind, name));
    const reads = [...read('jobs'), ...read('pods')];
    const failed = (await Promise.allSettled(reads)).find((read) => read.status === 'rejected');
    if (!failed) return;
    this.#stale = true;
    throw failed.reason;
  }

  async #list(): Promise<void> {
    const { api, clock, lanes } = this.#options;
    const beganMs = clock.now();
    this.#stale = false;
    for (const hinted of Object.values(this.#hinted)) hinted.clear();
    try {
      const known = [...this.#jobs.keys()];
      // Jobs first: a Pod that ended in between is then seen with its end, never a Job's end without its Pod.
      const jobs = listed(await api.list<Job>(this.path('jobs'), { labelSelector: selectorOf(lanes, true) }));
      const asOf = this.#pods.now;
      const pods = listed(
        await api.list<Pod>(this.path('pods'), { labelSelector: selectorOf(lanes, false) }),
      );
      const here = new Set<string>();
      for (const job of jobs) {
        // An old list may show a Job that has left, where one of the same name has come since.
        if (this.#tombstones.isGone(job) || !this.#owns(job)) continue;
        here.add(job.metadata!.name!);
        this.#setJob(job.metadata!.name!, job);
      }
      this.#pods.replace(pods, new Set([...this.#jobs.values()].map((job) => job.metadata!.uid!)), asOf);
      // A Job that we know and do not see may be deleted, or the list may be older than our own write.
      await Promise.all(known.filter((name) => !here.has(name)).map((name) => this.#rereadOne('jobs', name)));
    } catch (error) {
      this.#stale = true;
      throw error;
    }
    this.#listedMs = clock.now();
    this.#tookMs = this.#listedMs - beganMs;
  }

  async #rereadOne(kind: 'jobs' | 'pods', name: string): Promise<void> {
    const asOf = this.#pods.now;
    const answer = await this.#options.api.get<Job & Pod>(this.path(kind, name));
    if (answer.kind === 'refused' && answer.status !== 404) throw unreachableFor(`${kind} ${name}`, answer);
    const object = answer.kind === 'ok' ? answer.value : null;
    if (kind === 'jobs') this.#setJob(name, object);
    else this.#pods.set(name, object, asOf);
  }

  #setJob(name: string, job: Job | null): void {
    const settled = job?.metadata?.labels?.[label.status] !== undefined;
    if (job === null || settled || !this.#owns(job) || this.#tombstones.isGone(job)) this.#jobs.delete(name);
    else this.#jobs.set(name, unchanged(this.#jobs.get(name), job));
  }

  #owns({ metadata }: Job): boolean {
    const { owner } = this.#options;
    if (owner === null) return !metadata?.labels?.[label.instance]; // those of a release are its own
    return Boolean(metadata?.ownerReferences?.some(({ name }) => name === owner));
  }

  /** Most changes say nothing about how a run stands; only those that may end or move one wake the loop. */
  #hint(kind: 'jobs' | 'pods', hint: WatchHint): void {
    const { name } = hint.object.metadata;
    const ours =
      kind === 'jobs'
        ? this.#jobs.has(name) && !this.#tombstones.isLeaving(name)
        : this.#isOurs(hint.object as Pod);
    const matters = matter(kind, hint);
    // What only waits or runs decides nothing: of that the watch may tell by itself.
    if (ours && !matters && kind === 'pods') this.#pods.set(name, hint.object as Pod);
    if (!ours || !matters) return;
    if (kind === 'pods' && hint.type !== 'DELETED' && hasLastWord(hint.object as Pod)) {
      this.#pods.believe(hint.object as Pod);
      this.#hinted.pods.delete(name);
    } else {
      if (kind === 'pods') this.#pods.noteSeen(hint.object as Pod);
      this.#hinted[kind].add(name);
    }
    this.#options.onChange(laneIn(this.#options.lanes, hint.object));
  }

  /** Whether the Pod belongs to a Job that is still somebody's concern, and its end is not known yet. */
  #isOurs(pod: Pod): boolean {
    const owner = pod.metadata?.ownerReferences?.find((reference) => reference.controller);
    return this.#jobs.get(owner?.name ?? '')?.metadata?.uid === owner?.uid && !this.#pods.hasEnded(pod);
  }
}

/** The items, or Unreachable with the refusal's words: a loop that cannot look cannot work. */
function listed<T>(answer: ApiResult<T[]>): T[] {
  if (answer.kind === 'ok') return answer.value;
  throw unreachableFor('runs cannot be listed', answer);
}
