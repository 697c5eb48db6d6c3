// Jobs, one at a time: created once, read, settled, deleted. Every call may be repeated.
import type { V1Job } from '@kubernetes/client-node';
import { intentSha256 } from '../../intent.ts';
import type { Intent, Launched, RunEnd } from '../../ports.ts';
import { type Api, unreachableFor } from './client/api.ts';
import type { ApiError, Job } from './client/objects.ts';
import { readIntentFile } from './manifest/annotations.ts';
import { jobsPath, label } from './manifest/names.ts';

/** `there`: the Job of this very intent exists; `made`: by this call, as far as is known. */
type Created =
  | { readonly kind: 'there'; readonly job: Job; readonly made: boolean }
  | Exclude<Launched, { kind: 'launched' }>;

const CREATE_TRIES = 3;

export class Jobs {
  readonly #api: Api;
  readonly #namespace: string;
  readonly #says: (sentence: string) => void;
  /** It was said that no Job can be labelled. */
  #said = false;

  /** `says`: told once what is not allowed and can be done without. */
  constructor(api: Api, namespace: string, says: (sentence: string) => void) {
    this.#api = api;
    this.#namespace = namespace;
    this.#says = says;
  }

  /** Throws Unreachable where it is not known whether it was created; asking again tells. */
  async create(intent: Intent, manifest: V1Job): Promise<Created> {
    const path = jobsPath(this.#namespace);
    for (let n = 0; n < CREATE_TRIES; n++) {
      const answer = await this.#api.call<Job>({ method: 'POST', path, body: manifest });
      if (answer.kind === 'ok') return { kind: 'there', job: answer.value, made: true };
      if (answer.reason !== 'AlreadyExists') return refused(answer, this.#namespace);
      const found = await this.#find(intent, manifest.metadata!.name!);
      if (found) return found;
    }
    const sentence = `${manifest.metadata!.name} is created and deleted by somebody else at the same time; run one controller per lane`;
    return { kind: 'held', sentence };
  }

  /** Null where there is none. Throws Unreachable. */
  async read(name: string): Promise<Job | null> {
    const answer = await this.#api.get<Job>(jobsPath(this.#namespace, name));
    if (answer.kind === 'ok') return answer.value;
    if (answer.status === 404) return null;
    throw unreachableFor(`Job ${name}`, answer);
  }

  /** Deletes this very Job and its Pods; fine where it is gone. Throws Unreachable. */
  async delete(job: Job): Promise<void> {
    const body = { propagationPolicy: 'Background', preconditions: { uid: job.metadata!.uid } };
    const path = jobsPath(this.#namespace, job.metadata!.name!);
    await this.#demand(job, await this.#api.call({ method: 'DELETE', path, body }), 'deleted');
  }

  /**
   * Labels a Job that is over with its experiment's end, and lets the cluster delete it later. Where that is not allowed
   * it is deleted now: the labels are for eyes, but without a time to live it would stay for ever. Throws Unreachable.
   */
  async settle(job: Job, { status, valBpb }: RunEnd, ttlSecondsAfterFinished: number): Promise<void> {
    const labels = { [label.status]: status, ...(valBpb !== null && { [label.valBpb]: valBpb.toFixed(6) }) };
    const body = { metadata: { uid: job.metadata!.uid, labels }, spec: { ttlSecondsAfterFinished } };
    const path = jobsPath(this.#namespace, job.metadata!.name!);
    const answer = await this.#api.call({ method: 'PATCH', path, body });
    if (answer.kind === 'refused' && answer.status === 403) {
      await this.delete(job);
      const { message } = unreachableFor('no Job can be labelled', answer);
      if (!this.#said) this.#says(`${message}; until then each is deleted as soon as it is settled`);
      this.#said = true;
      return;
    }
    await this.#demand(job, answer, 'labelled');
    this.#said = false;
  }

  /** Fine where this very Job is gone (404), and its name perhaps another's; another conflict (409) is none of that. */
  async #demand(job: Job, answer: { kind: 'ok' } | ApiError, done: string): Promise<void> {
    if (answer.kind === 'ok' || answer.status === 404) return;
    const here = answer.status === 409 ? await this.read(job.metadata!.name!) : job;
    if (here?.metadata?.uid === job.metadata!.uid) throw unreachableFor(`a Job cannot be ${done}`, answer);
  }

  /** The Job of that name is there already: ours, somebody else's, or one that makes way (null: the name is free). */
  async #find(intent: Intent, name: string): Promise<Created | null> {
    const job = await this.read(name);
    if (!job) return null;
    if (job.metadata?.deletionTimestamp)
      return { kind: 'held', sentence: `an earlier Job ${name} is still being deleted` };
    const file = readIntentFile(job.spec?.template.metadata?.annotations);
    if (file?.lane === intent.lane && job.metadata?.labels?.[label.status] !== undefined) {
      // Left to be looked at after its experiment was decided, in a lane that was begun anew since.
      await this.delete(job);
      return null;
    }
    if (file?.intent === intentSha256(intent)) return { kind: 'there', job, made: false };
    const sentence = `Job ${name} in namespace ${this.#namespace} was made for something else; delete it, or give the lane another name`;
    return { kind: 'conflict', sentence };
  }
}

/** Nothing was created. Only what no configuration can mend is unfit; all else waits for a person or for room. */
function refused({ status, reason, message }: ApiError, namespace: string): Created {
  if (status === 413)
    return {
      kind: 'unfit',
      sentence: `the Job is too large for the cluster: ${message}; make train.py smaller`,
    };
  if (/exceeded quota/.test(message)) return { kind: 'held', sentence: `no room in the quota: ${message}` };
  const fix = FIXES[status] ?? 'it is tried again';
  const where = status === 403 || status === 404 ? ` (namespace ${namespace})` : '';
  return {
    kind: 'held',
    sentence: `the cluster refuses the Job${where}: ${status} ${reason}: ${message}; ${fix}`,
  };
}

const FIXES: Readonly<Record<number, string>> = {
  400: "correct the pool's settings",
  403: 'allow it: autoresearch doctor lists the verbs',
  404: 'create the namespace',
  422: "correct the pool's settings",
};
