// Why a Job has no Pod: the cluster says it in the Job's events, Kueue in its Workload. Asked seldom, for each answer
// costs a call and changes nothing but a sentence.
import type { CoreV1Event } from '@kubernetes/client-node';
import type { Clock } from '../../ports.ts';
import { type Api, Unreachable } from './api.ts';
import { label } from './names.ts';
import { NO_POD } from './observe.ts';
import type { Job } from './snapshot.ts';
import type { Wire } from './wire.ts';

const ASK_AFTER_MS = 3000;
const ASK_EVERY_MS = 30_000;
const KUEUE_VERSIONS = ['v1beta2', 'v1beta1'];

interface Workload {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message?: string }[] };
}

export class Explainer {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #namespace: string;
  readonly #said = new Map<string, { sentence: string; atMs: number }>();

  constructor(api: Api, clock: Clock, namespace: string) {
    this.#api = api;
    this.#clock = clock;
    this.#namespace = namespace;
  }

  /**
   * `sentence`, or what the cluster has to say of a Job that has been without a Pod since `podlessMs`.
   * Never throws: an explanation is not worth a failure.
   */
  async explain(job: Job, sentence: string, podlessMs: number | null): Promise<string> {
    const waits = podlessMs !== null && this.#clock.now() >= podlessMs + ASK_AFTER_MS;
    if (!waits || (sentence !== NO_POD && !job.spec?.suspend)) return sentence;
    const uid = job.metadata!.uid!;
    const said = this.#said.get(uid);
    const nowMs = this.#clock.now();
    if (said && nowMs < said.atMs + ASK_EVERY_MS) return said.sentence || sentence;
    let found = '';
    try {
      found = job.spec?.suspend ? await this.#workload(job) : await this.#event(job);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    this.#said.set(uid, { sentence: found, atMs: nowMs });
    return found || sentence;
  }

  /** Forgets Jobs that are gone. */
  keep(uids: ReadonlySet<string>): void {
    for (const uid of this.#said.keys()) if (!uids.has(uid)) this.#said.delete(uid);
  }

  async #event(job: Job): Promise<string> {
    const fieldSelector = `involvedObject.uid=${job.metadata!.uid},type=Warning`;
    const path = `/api/v1/namespaces/${this.#namespace}/events`;
    const events = await this.#api.list<Wire<CoreV1Event>>(path, { fieldSelector });
    if (events.kind === 'refused') return '';
    const when = (event: Wire<CoreV1Event>) => event.lastTimestamp ?? event.metadata.creationTimestamp ?? '';
    const last = events.value.reduce<Wire<CoreV1Event> | null>(
      (a, b) => (a && when(a) > when(b) ? a : b),
      null,
    );
    return last?.message ? `no Pod can be created: ${last.message}` : '';
  }

  /** Kueue's words, where it is installed and we may read them. */
  async #workload(job: Job): Promise<string> {
    const queue = job.metadata?.labels?.[label.queue];
    if (!queue) return '';
    const labelSelector = `kueue.x-k8s.io/job-uid=${job.metadata!.uid}`;
    for (const version of KUEUE_VERSIONS) {
      const path = `/apis/kueue.x-k8s.io/${version}/namespaces/${this.#namespace}/workloads`;
      const workloads = await this.#api.list<Workload>(path, { labelSelector });
      if (workloads.kind === 'refused') continue;
      const conditions = workloads.value[0]?.status?.conditions ?? [];
      const reserved = conditions.find((c) => c.type === 'QuotaReserved' && c.status === 'False');
      return reserved?.message ? `waiting in Kueue queue ${queue}: ${reserved.message}` : '';
    }
    return '';
  }
}
