// Kubernetes Events on the Jobs, so that `kubectl describe` and `kubectl get events` tell the story. For eyes only:
// one that cannot be written is counted and forgotten.
import type { Decision } from '../../core/decision.ts';
import type { Outcome } from '../../core/outcome.ts';
import { sha256Hex } from '../../intent.ts';
import type { Clock } from '../../ports.ts';
import { type Api, Unreachable } from './client/api.ts';
import { COMPONENT, jobName, type RunKey } from './manifest/names.ts';

interface AnnouncerOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly namespace: string;
  /** uid of the Job of this name, '' where it is not known. */
  readonly uidOf: (job: string) => string;
}

interface Announcement {
  readonly key: RunKey;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** What tells it from others of its reason on the same Job; '' where there is one only. */
  readonly apart: string;
}

const MESSAGE_AT_MOST = 1000;
const WAITING_AT_MOST = 1000;
const STATUSES = { keep: 'Kept', discard: 'Discarded', crash: 'Crashed' } as const;

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #waiting: Announcement[] = [];
  #working: Promise<void> | null = null;
  /** Events that could not be written, or were too many. */
  dropped = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  launched(key: RunKey, description: string): void {
    this.#announce({ key, type: 'Normal', reason: 'Launched', message: description, apart: '' });
  }

  /** Once per sentence: what a Job waits for may change. */
  waits(key: RunKey, sentence: string): void {
    const apart = `-${sha256Hex(sentence).slice(0, 8)}`;
    this.#announce({ key, type: 'Warning', reason: 'Waiting', message: sentence, apart });
  }

  /** Says so where the attempt is lost; other outcomes are told by the decision. */
  measured(key: RunKey, { kind, reason, sentence }: Pick<Outcome, 'kind' | 'reason' | 'sentence'>): void {
    if (kind === 'lost')
      this.#announce({ key, type: 'Warning', reason: 'Lost', message: `${reason}: ${sentence}`, apart: '' });
  }

  decided(lane: string, { experiment, attempts, status, sentence, description }: Decision): void {
    const key = { lane, experiment, attempt: attempts };
    const type = status === 'crash' ? 'Warning' : 'Normal';
    const message = `${sentence} (${description})`;
    this.#announce({ key, type, reason: STATUSES[status], message, apart: '' });
  }

  /** Resolves when nothing waits to be written. */
  async settled(): Promise<void> {
    while (this.#working) await this.#working;
  }

  #announce(announcement: Announcement): void {
    if (this.#waiting.length >= WAITING_AT_MOST) {
      this.dropped++;
      return;
    }
    this.#waiting.push(announcement);
    this.#working ??= this.#write().finally(() => {
      this.#working = null;
    });
  }

  async #write(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        const answer = await this.#post(next);
        // The name is made of what is told: a restart that tells it again finds it told.
        if (answer.kind === 'refused' && answer.reason !== 'AlreadyExists') this.dropped++;
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        this.dropped++;
      }
    }
  }

  #post({ key, type, reason, message, apart }: Announcement) {
    const { api, clock, namespace, uidOf } = this.#options;
    const name = jobName(key);
    const uid = uidOf(name);
    const at = new Date(clock.now()).toISOString();
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${reason.toLowerCase()}${apart}`, namespace },
      involvedObject: { apiVersion: 'batch/v1', kind: 'Job', name, namespace, ...(uid && { uid }) },
      type,
      reason,
      message: message.slice(0, MESSAGE_AT_MOST),
      source: { component: COMPONENT },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
    return api.call({ method: 'POST', path: `/api/v1/namespaces/${namespace}/events`, body });
  }
}
