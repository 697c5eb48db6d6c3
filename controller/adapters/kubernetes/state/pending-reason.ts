// Why a Job has no Pod, or its Pod no container: the cluster says it in their events, Kueue in its Workload. Asked seldom, for each answer
// costs a call and changes nothing but a sentence.
import type { CoreV1Event } from '@kubernetes/client-node';
import type { Clock } from '../../../ports.ts';
import { cooldownFrom, leftMs, noCooldown } from '../../../std/cooldown.ts';
import { type Api, Unreachable } from '../client/api.ts';
import type { Job } from '../client/objects.ts';
import { ms, type Serialized } from '../client/objects.ts';
import { COMPONENT, label } from '../manifest/names.ts';
import { type PodFacts, PREPARING } from './pod-facts.ts';
import { NO_POD } from './run-state.ts';

const ASK_AFTER_MS = 3000;
/** A large image takes minutes; that a volume or a sandbox fails is said sooner. */
const ASK_POD_AFTER_MS = 20_000;
const ASK_EVERY_MS = 30_000;
/** Of hundreds that wait, each look asks about so few, and waits for all answers so long: what has ended is to be seen, too. */
const ASKED_AT_ONCE = 8;
const PATIENCE_MS = 1000;
const KUEUE_VERSIONS = ['v1beta2', 'v1beta1'];

interface Workload {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message?: string }[] };
}

export class PendingReason {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #namespace: string;
  readonly #said = new Map<string, { sentence: string; atMs: number }>();
  /** That were begun since the last look, and that have no answer yet. */
  #begun = 0;
  #open = 0;
  #patience = noCooldown;
  /** What no answer of a cluster explains: whoever asks next is told. */
  #fault: unknown = null;

  constructor(api: Api, clock: Clock, namespace: string) {
    this.#api = api;
    this.#clock = clock;
    this.#namespace = namespace;
  }

  /**
   * `sentence`, or what the cluster has to say of a Job that has been without a Pod since `podlessMs`, or of its Pod.
   * An answer that takes its time is told by a later look. A cluster that does not answer is no failure: this only explains.
   */
  async of(job: Job, sentence: string, pod: PodFacts | null, podlessMs: number | null): Promise<string> {
    const nowMs = this.#clock.now();
    const acknowledgedMs = ms(pod?.pod.status?.startTime);
    const slow = acknowledgedMs !== null && nowMs >= acknowledgedMs + ASK_POD_AFTER_MS;
    const prepares = pod !== null && slow && sentence.startsWith(PREPARING);
    const podless = podlessMs !== null && nowMs >= podlessMs + ASK_AFTER_MS;
    if (!prepares && !(podless && (sentence === NO_POD || job.spec?.suspend))) return sentence;
    const uid = job.metadata!.uid!;
    const said = this.#said.get(uid);
    // Where hundreds wait none is to be asked about again before the last one was.
    const everyMs = ASK_EVERY_MS * Math.max(1, this.#said.size / (8 * ASKED_AT_ONCE));
    const fresh = said !== undefined && nowMs < said.atMs + everyMs;
    if (!fresh && this.#begun < ASKED_AT_ONCE && this.#open < ASKED_AT_ONCE) {
      this.#begun++;
      const question = prepares
        ? this.#event(pod.pod.metadata!.uid!, 'its Pod cannot start')
        : job.spec?.suspend
          ? this.#workload(job)
          : this.#event(uid, 'no Pod can be created');
      const over = new AbortController();
      const answered = this.#answered(uid, question);
      const left = leftMs(this.#patience, this.#clock.now());
      if (left > 0) await Promise.race([answered, this.#clock.sleep(left, over.signal)]);
      over.abort();
    }
    const fault = this.#fault;
    this.#fault = null;
    if (fault !== null) throw fault;
    return this.#said.get(uid)?.sentence || sentence;
  }

  async #answered(uid: string, question: Promise<string>): Promise<void> {
    this.#open++;
    const before = this.#said.get(uid)?.sentence ?? '';
    this.#said.set(uid, { sentence: before, atMs: this.#clock.now() }); // so that it is not asked again meanwhile
    const sentence = await question
      .catch((error) => {
        if (!(error instanceof Unreachable)) this.#fault = error;
        return '';
      })
      .finally(() => this.#open--);
    if (this.#said.has(uid)) this.#said.set(uid, { sentence, atMs: this.#clock.now() });
  }

  /** A look begins: forgets Jobs that are gone. */
  keep(uids: ReadonlySet<string>): void {
    this.#begun = 0;
    this.#patience = cooldownFrom(this.#clock.now(), PATIENCE_MS);
    for (const uid of this.#said.keys()) if (!uids.has(uid)) this.#said.delete(uid);
  }

  /** The last warning about an object, which may be one of our own: that says nothing new. */
  async #event(uid: string, what: string): Promise<string> {
    const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
    const path = `/api/v1/namespaces/${this.#namespace}/events`;
    const events = await this.#api.list<Serialized<CoreV1Event>>(path, { fieldSelector });
    if (events.kind === 'refused') return '';
    const when = (event: Serialized<CoreV1Event>) =>
      event.lastTimestamp ?? event.metadata.creationTimestamp ?? '';
    const theirs = events.value.filter(({ source }) => source?.component !== COMPONENT);
    const last = theirs.reduce<Serialized<CoreV1Event> | null>(
      (a, b) => (a && when(a) > when(b) ? a : b),
      null,
    );
    return last?.message ? `${what}: ${last.message}` : '';
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
