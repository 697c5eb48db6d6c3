// One crash point on a real cluster: a controller that is killed around one of its external calls, another one that
// finishes, and what remains in store, repository and namespace.
//
// As in test/sweep, the script is swept leg by leg, a leg being one experiment on a copy of the folder as it was before.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Job } from '@kubernetes/client-node';
import { execa } from 'execa';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { Api } from '../../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../../controller/adapters/kubernetes/client/credentials.ts';
import { label } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { type Remains, remainsOf } from '../../sweep/remains.ts';
import { frontierIn, type Ground, run, storeIn } from './crash-scenario.ts';
import { lastOf } from './crash-script.ts';

const CHILD = join(import.meta.dirname, 'crash-child.ts');
/** What a real machine measures anew each time, by key and by column. */
const MEASURED = [
  ...['start_seconds', 'training_seconds', 'wall_seconds', 'memory_mb', 'memory_gb'],
  ...['trainingSeconds', 'wallSeconds', 'spentSeconds', 'ranSeconds', 'memoryMb'],
];

/** What remains of a lane, and its Jobs as a person sees them: name, status and bpb. */
interface Left extends Remains {
  readonly jobs: readonly string[];
}

/** The n-th call of this name (from 1), and on which side of its effect. */
export interface Point {
  readonly experiment: number;
  readonly call: string;
  readonly n: number;
  readonly when: 'before' | 'after';
}

export interface Leg {
  readonly experiment: number;
  /** A copy of the folder as it is before. */
  readonly from: string;
  readonly calls: readonly string[];
  readonly left: Left;
}

/** A namespace that one point after another is played in. */
export class Slot {
  readonly #ground: Omit<Ground, 'dir'>;
  readonly #credentials: Credentials;
  readonly #api: Api;

  constructor(ground: Omit<Ground, 'dir'>) {
    this.#ground = ground;
    this.#credentials = new Credentials({ context: ground.context });
    this.#api = new Api({ credentials: this.#credentials, clock: systemClock, random: Math.random });
  }

  close(): Promise<void> {
    return this.#credentials.close();
  }

  /** All legs in order, undisturbed; what each begins with is copied into `dir`. */
  async legs(dir: string): Promise<Leg[]> {
    const legs: Leg[] = [];
    const work = join(dir, 'work');
    for (let experiment = 0; experiment <= lastOf(this.#ground.script); experiment++) {
      const from = join(dir, `from-${experiment}`);
      await copied(work, from);
      await this.#clear();
      const calls = await this.#finish(work, experiment);
      legs.push({ experiment, from, calls, left: await this.#left(work) });
    }
    return legs;
  }

  /** What is left when the controller was killed at the point; null where it did not come to it: no two lives are alike. */
  async killed(leg: Leg, { call, n, when }: Point): Promise<Left | null> {
    const parent = await mkdtemp(join(tmpdir(), 'crash-'));
    try {
      const dir = join(parent, 'lane');
      await copied(leg.from, dir);
      await this.#clear();
      const ground = JSON.stringify({ ...this.#ground, dir });
      const args = [CHILD, ground, String(leg.experiment), call, String(n), when];
      const child = await execa(process.execPath, args, { reject: false, timeout: 300_000 });
      if (child.signal !== 'SIGKILL' && child.exitCode !== 0)
        throw new Error(`it died otherwise: ${child.stderr}`);
      if (child.signal !== 'SIGKILL') return null;
      await this.#finish(dir, leg.experiment);
      return await this.#left(dir);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  }

  /** A controller that nobody disturbs, until after experiment `last`; its external calls by name. */
  async #finish(dir: string, last: number): Promise<string[]> {
    const calls: string[] = [];
    const { reason, sentence } = await run({ ...this.#ground, dir }, last, (call, effect) => {
      calls.push(call);
      return effect();
    });
    if (reason !== 'limit') throw new Error(`it stopped otherwise than by its limit: ${reason}: ${sentence}`);
    return calls;
  }

  async #left(dir: string): Promise<Left> {
    const jobs = await this.#list<V1Job>('/apis/batch/v1', 'jobs');
    const status = (job: V1Job) => job.metadata!.labels![label.status];
    const remains = await remainsOf(
      storeIn(dir),
      frontierIn(dir),
      {
        begun: await this.#podsMade(),
        runs: jobs.filter((job) => !status(job)).map((job) => job.metadata!.name!),
      },
      MEASURED,
    );
    const shown = jobs.map((job) =>
      [job.metadata!.name, status(job), job.metadata!.labels![label.valBpb]].join(' '),
    );
    return { ...remains, jobs: shown.sort() };
  }

  /** The Jobs that the Job controller made Pods of, once for each Pod. */
  async #podsMade(): Promise<string[]> {
    interface MadeEvent {
      readonly reason: string;
      readonly involvedObject: { readonly kind: string; readonly name: string };
      readonly count?: number;
    }
    const events = await this.#list<MadeEvent>('/api/v1', 'events');
    const made = events.filter(
      ({ reason, involvedObject }) => reason === 'SuccessfulCreate' && involvedObject.kind === 'Job',
    );
    return made
      .flatMap(({ involvedObject, count = 1 }) => Array<string>(count).fill(involvedObject.name))
      .sort();
  }

  /** Leaves nothing of the point before. */
  async #clear(): Promise<void> {
    for (const [base, plural] of [
      ['/apis/batch/v1', 'jobs'],
      ['/api/v1', 'events'],
    ] as const) {
      const path = this.#path(base, plural);
      await this.#api.call({ method: 'DELETE', path, body: { propagationPolicy: 'Background' } });
    }
    while ((await this.#list('/api/v1', 'pods')).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async #list<T>(base: string, plural: string): Promise<T[]> {
    const answer = await this.#api.list<T>(this.#path(base, plural));
    if (answer.kind === 'refused') throw new Error(answer.message);
    return answer.value;
  }

  #path(base: string, plural: string): string {
    return `${base}/namespaces/${this.#ground.namespace}/${plural}`;
  }
}

/** Both sides of every call of the legs, in order. */
export function pointsOf(legs: readonly Leg[]): Point[] {
  return legs.flatMap(({ experiment, calls }) => {
    const met = new Map<string, number>();
    return calls.flatMap((call) => {
      const n = (met.get(call) ?? 0) + 1;
      met.set(call, n);
      return (['before', 'after'] as const).map((when) => ({ experiment, call, n, when }));
    });
  });
}

/** Whether the point is a request to the API server. */
export function isRequest({ call }: Point): boolean {
  return /^(GET|POST|PATCH|DELETE) /.test(call);
}

async function copied(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true }).catch(() => 'there is nothing before the baseline');
}
