// Kubernetes Events on the Jobs, and on the controller's Deployment, so that `kubectl describe` and `kubectl get events`
// tell the story. For eyes only: one that cannot be written is counted and forgotten.
import type { Decision } from '../../core/decision.ts';
import type { Outcome } from '../../core/outcome.ts';
import { sha256Hex } from '../../intent.ts';
import type { Clock } from '../../ports.ts';
import { type Api, Unreachable } from './client/api.ts';
import { COMPONENT, type RunKey } from './manifest/names.ts';

interface AnnouncerOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly namespace: string;
  /** Name and uid of a run's Job; the uid is '' where it is not known. */
  readonly jobOf: (key: RunKey) => { readonly name: string; readonly uid: string };
}

interface Announcement {
  /** A run's Job, or the Deployment as namespace/name. */
  readonly on: RunKey | string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** What tells it from others of its reason on the same object; '' where there is one only. */
  readonly apart: string;
}

interface Involved {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** '' where it is not known. */
  readonly uid: string;
}

const DAY_MS = 86_400_000;
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
    this.#announce({ on: key, type: 'Normal', reason: 'Launched', message: description, apart: '' });
  }

  /** Once per sentence: what a Job waits for may change. */
  waits(key: RunKey, sentence: string): void {
    const apart = apartBy(sentence);
    this.#announce({ on: key, type: 'Warning', reason: 'Waiting', message: sentence, apart });
  }

  /** Says so where the attempt is lost; other outcomes are told by the decision. */
  measured(key: RunKey, { kind, reason, sentence }: Pick<Outcome, 'kind' | 'reason' | 'sentence'>): void {
    if (kind === 'lost')
      this.#announce({
        on: key,
        type: 'Warning',
        reason: 'Lost',
        message: `${reason}: ${sentence}`,
        apart: '',
      });
  }

  decided(lane: string, { experiment, attempts, status, sentence, description }: Decision): void {
    const on = { lane, experiment, attempt: attempts };
    const type = status === 'crash' ? 'Warning' : 'Normal';
    const message = `${sentence} (${description})`;
    this.#announce({ on, type, reason: STATUSES[status], message, apart: '' });
  }

  /** A lane has stopped, of the controller of this Deployment (namespace/name); `well`: as it was asked to. */
  stopped(deployment: string, lane: string, sentence: string, well: boolean): void {
    const message = `lane ${lane} has stopped: ${sentence}`;
    this.#tell(deployment, well ? 'Normal' : 'Warning', 'Stopped', message);
  }

  /** A lane waits for a machine that loses every run. */
  held(deployment: string, lane: string, sentence: string): void {
    this.#tell(deployment, 'Warning', 'Held', `lane ${lane}: ${sentence}`);
  }

  /** Runs go to other nodes than one that fails them. */
  avoids(deployment: string, sentence: string): void {
    this.#tell(deployment, 'Warning', 'NodeAvoided', sentence);
  }

  /** Once a day: then the same is news again. */
  #tell(on: string, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const apart = apartBy(`${message} ${Math.floor(this.#options.clock.now() / DAY_MS)}`);
    this.#announce({ on, type, reason, message, apart });
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

  async #post({ on, type, reason, message, apart }: Announcement) {
    const { api, clock } = this.#options;
    const { apiVersion, kind, namespace, name, uid } =
      typeof on === 'string' ? await this.#deployment(on) : this.#job(on);
    const at = new Date(clock.now()).toISOString();
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${reason.toLowerCase()}${apart}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace, ...(uid && { uid }) },
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

  #job(key: RunKey): Involved {
    const { namespace, jobOf } = this.#options;
    return { apiVersion: 'batch/v1', kind: 'Job', namespace, ...jobOf(key) };
  }

  /** Without its uid, where that may not be read, `kubectl get events` shows the Event, and `describe` does not. */
  async #deployment(which: string): Promise<Involved> {
    const [namespace, name] = which.split('/') as [string, string];
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    const found = await this.#options.api.get<{ metadata: { uid: string } }>(path);
    const uid = found.kind === 'ok' ? found.value.metadata.uid : '';
    return { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name, uid };
  }
}

function apartBy(words: string): string {
  return `-${sha256Hex(words).slice(0, 8)}`;
}
