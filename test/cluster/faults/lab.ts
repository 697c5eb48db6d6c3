// One lane on the real cluster: a namespace with the controller's own rights, a data folder, and a script of files.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { Api } from '../../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../../controller/adapters/kubernetes/client/credentials.ts';
import type { ApiError, Job, Pod } from '../../../controller/adapters/kubernetes/client/objects.ts';
import { RIGHTS } from '../../../controller/adapters/kubernetes/doctor/checks.ts';
import { autoresearch } from '../../cli/command.ts';
import type { Cluster } from '../fixture.ts';
import { until } from './waiting.ts';
import { Work } from './work.ts';

const ACCOUNT = 'controller';
const root = join(import.meta.dirname, '..', '..', '..');

const trainer = await readFile(join(root, 'harness', 'cpu', 'train.py'), 'utf8');

/** The trainer, after so many seconds of sleep: long enough to be hit. */
export const sleeper = (seconds: number) => `import time\ntime.sleep(${seconds})\n${trainer}`;

/** The trainer, whose first attempt, as the name of its Pod tells, sleeps until it is hit. */
export const target = `import os, time\nif "-a1-" in os.uname().nodename: time.sleep(500)\n${trainer}`;

/** The trainer with another comment. */
export const plain = (word: string) => `${trainer}\n# ${word}\n`;

export interface LabOptions {
  readonly cluster: Cluster;
  readonly image: string;
  /** Part of the namespace's name. */
  readonly name: string;
  /** A data folder to begin with, as `data` of another lab whose lane has its baseline; null: an empty one. */
  readonly from: string | null;
  readonly lane?: Readonly<Record<string, unknown>>;
  readonly pool?: Readonly<Record<string, unknown>>;
}

let labs = 0;

export class Lab {
  readonly namespace: string;
  readonly data: string;
  readonly api: Api;
  readonly options: LabOptions;
  readonly #credentials: Credentials;
  readonly #works: Work[] = [];
  /** Files that were tried so far. */
  tried = 0;

  private constructor(options: LabOptions, folder: string) {
    this.options = options;
    this.namespace = `${options.name}-${process.pid}-${++labs}`;
    this.data = join(folder, 'data');
    this.#credentials = new Credentials({ context: options.cluster.context });
    this.api = new Api({ credentials: this.#credentials, clock: systemClock, random: Math.random });
  }

  static async begin(options: LabOptions): Promise<Lab> {
    const lab = new Lab(options, await mkdtemp(join(tmpdir(), 'lab-')));
    if (options.from === null) await mkdir(lab.data);
    else await cp(options.from, lab.data, { recursive: true });
    await lab.make('/api/v1/namespaces', { metadata: { name: lab.namespace } });
    await lab.make(lab.path('', 'serviceaccounts'), { metadata: { name: ACCOUNT } });
    await lab.make(lab.path('rbac.authorization.k8s.io', 'roles'), role([]));
    await lab.make(lab.path('rbac.authorization.k8s.io', 'rolebindings'), {
      metadata: { name: ACCOUNT },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: ACCOUNT },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: lab.namespace }],
    });
    return lab;
  }

  /** The path of a namespaced object, or of all of its kind. */
  path(group: string, resource: string, name?: string): string {
    const base = { '': '/api/v1', batch: '/apis/batch/v1' }[group] ?? `/apis/${group}/v1`;
    return `${base}/namespaces/${this.namespace}/${resource}${name === undefined ? '' : `/${name}`}`;
  }

  make(path: string, body: object): Promise<void> {
    return this.#done('POST', path, body);
  }

  change(path: string, body: object): Promise<void> {
    return this.#done('PATCH', path, body);
  }

  delete(path: string): Promise<void> {
    return this.#done('DELETE', path, { propagationPolicy: 'Background' });
  }

  pods(): Promise<Pod[]> {
    return this.list<Pod>(this.path('', 'pods'));
  }

  jobs(): Promise<Job[]> {
    return this.list<Job>(this.path('batch', 'jobs'));
  }

  async list<T>(path: string): Promise<T[]> {
    const answer = await this.api.list<T>(path);
    if (answer.kind === 'refused') throw refusal(path, answer);
    return answer.value;
  }

  /** Queues a file as a person does; it becomes the next experiment. */
  async try(trainPy: string, message: string): Promise<void> {
    const file = join(this.data, '..', `${message.replace(/\W+/g, '-')}.py`);
    await writeFile(file, trainPy);
    const { code, err } = await autoresearch(
      'try',
      file,
      '-m',
      message,
      '--dir',
      this.data,
      '--lane',
      'main',
    );
    if (code !== 0) throw new Error(err);
    this.tried++;
  }

  /** Starts a controller of this lane, which ends when all that was tried is decided. */
  async work(pool: LabOptions['pool'] = {}): Promise<Work> {
    const config = join(this.data, '..', `config-${this.#works.length}.yaml`);
    await writeFile(config, stringify(this.#settings(pool)));
    const args = ['--config', config, '--context', ACCOUNT];
    const work = new Work(args, { KUBECONFIG: await this.#kubeconfig() });
    this.#works.push(work);
    return work;
  }

  /** The one Pod of this attempt whose container runs. */
  running(experiment: string, attempt: number): Promise<Pod> {
    const job = jobOf(experiment, attempt);
    return until(`${job} runs`, async () =>
      (await this.pods()).find(
        ({ metadata, status }) =>
          metadata?.labels?.['batch.kubernetes.io/job-name'] === job &&
          status?.containerStatuses?.[0]?.state?.running,
      ),
    );
  }

  /** Takes these verbs on the resource away from the controller; without arguments it gets all of them back. */
  async forbid(resource = '', ...verbs: readonly string[]): Promise<void> {
    const without = verbs.map((verb) => ({ resource, verb }));
    await this.change(this.path('rbac.authorization.k8s.io', 'roles', ACCOUNT), role(without));
  }

  /** Ends what it began; the namespace goes after this returns. STORIES names a folder for what the controllers said. */
  async end(): Promise<void> {
    await Promise.all(this.#works.map((work) => work.kill()));
    if (process.env.STORIES) await writeFile(join(process.env.STORIES, `${this.namespace}.log`), this.story);
    await this.delete(`/api/v1/namespaces/${this.namespace}`);
    await this.#credentials.close();
    await rm(join(this.data, '..'), { recursive: true, force: true });
  }

  get story(): string {
    return this.#works.map((work) => work.story).join('\n---\n');
  }

  #settings(pool: LabOptions['pool']) {
    const { image, lane } = this.options;
    const limits = { maxGpuHours: 100, experiments: this.tried };
    const rules = { name: 'main', pool: 'cpu', trainer: 'cpu', budgetSeconds: 1, wallSeconds: 600, limits };
    const resources = { cpu: '500m', memory: '512Mi', ephemeralStorage: '512Mi', sharedMemory: '64Mi' };
    const place = {
      name: 'cpu',
      image,
      imagePullPolicy: 'IfNotPresent',
      clock: 'virtual', // A pace that is refused would be a loss that the fault did not cause.
      gpu: { count: 0 },
      resources,
    };
    return {
      lanes: [{ ...rules, ...lane }],
      pools: [{ ...place, ...this.options.pool, ...pool }],
      runs: { namespace: this.namespace },
      data: this.data,
      proposer: 'null',
    };
  }

  /** The controller's own: a token of an account that may do what doctor lists, and nothing else. */
  async #kubeconfig(): Promise<string> {
    const { cluster } = this.options;
    const file = join(this.data, '..', 'kubeconfig');
    const shown = await cluster.kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']);
    const token = await cluster.kubectl(['-n', this.namespace, 'create', 'token', ACCOUNT, '--duration=2h']);
    const config = JSON.parse(shown);
    config.users = [{ name: ACCOUNT, user: { token } }];
    config.contexts = [{ name: ACCOUNT, context: { cluster: config.clusters[0].name, user: ACCOUNT } }];
    config['current-context'] = ACCOUNT;
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    return file;
  }

  async #done(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object): Promise<void> {
    const answer = await this.api.call({ method, path, body });
    if (answer.kind === 'refused') throw refusal(`${method} ${path}`, answer);
  }
}

export function jobOf(experiment: string, attempt: number): string {
  return `ar-main-${experiment}-a${attempt}`;
}

function refusal(what: string, { status, message }: ApiError): Error {
  return new Error(`${what}: ${status} ${message}`);
}

function role(without: readonly { resource: string; verb: string }[]) {
  const rules = RIGHTS.map(({ group, resource, subresource, verbs }) => {
    const name = subresource ? `${resource}/${subresource}` : resource;
    const left = verbs.filter((verb) => !without.some((one) => one.resource === name && one.verb === verb));
    return { apiGroups: [group], resources: [name], verbs: left };
  });
  return { metadata: { name: ACCOUNT }, rules: rules.filter(({ verbs }) => verbs.length > 0) };
}

/** Through the API, as a drain does. */
export function evict(lab: Lab, { metadata }: Pod): Promise<void> {
  const { name } = metadata!;
  return lab.make(`${lab.path('', 'pods', name)}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
  });
}
