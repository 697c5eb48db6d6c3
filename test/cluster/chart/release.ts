// The chart installed as a user would, and what a user asks of it.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'csv-parse/sync';
import { execa } from 'execa';
import type { AttemptView } from '../../../controller/views/attempt.ts';
import type { ExperimentView } from '../../../controller/views/experiment.ts';
import { main } from '../../cli/command.ts';
import { forwardedPage } from '../../page/forwarded.ts';
import { withTools } from '../bring-up/cache.ts';
import type { Cluster } from '../fixture.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const chart = join(root, 'charts', 'autoresearch');
// A run's Pod may be in the same namespace.
const CONTROLLER = 'app.kubernetes.io/name=autoresearch,app.kubernetes.io/component!=experiment';

export type Row = Readonly<Record<string, string>>;

export class Release {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly name: string;

  constructor(cluster: Cluster, namespace: string, name = 'autoresearch') {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.name = name;
  }

  /** Installs the chart or upgrades it; `values` is laid over the example for kind. */
  async install(values: object): Promise<string> {
    const args = ['upgrade', '--install', this.name, chart, '-f', join(chart, 'ci', 'cpu-values.yaml')];
    return this.#helm([...args, '-f', '-'], JSON.stringify(values));
  }

  async uninstall(): Promise<void> {
    await this.#helm(['uninstall', this.name, '--wait']);
  }

  kubectl(...args: string[]): Promise<string> {
    return this.#cluster.kubectl(['-n', this.#namespace, ...args]);
  }

  /** Runs `autoresearch` from here on the release's lanes, once its controller is ready, and answers stdout. */
  async autoresearch(...args: string[]): Promise<string> {
    await this.ready();
    const where = ['--context', this.#cluster.context, '--namespace', this.#namespace];
    return (await execa(process.execPath, [main, ...args, ...where], { env: withTools() })).stdout;
  }

  /** The page of the release's lanes, brought here. */
  async page() {
    await this.ready();
    const where = ['--context', this.#cluster.context, '--namespace', this.#namespace];
    return forwardedPage(where, withTools());
  }

  async ready(): Promise<void> {
    await this.kubectl('rollout', 'status', `deployment/${this.name}`, '--timeout=600s');
  }

  /** The controller's Pod of now, or null while there is none. */
  async pod(): Promise<string | null> {
    const path = 'jsonpath={.items[?(@.status.phase=="Running")].metadata.name}';
    const [name] = (await this.kubectl('get', 'pods', '-l', CONTROLLER, '-o', path))
      .split(' ')
      .filter(Boolean);
    return name ?? null;
  }

  async rows(lane: string): Promise<Row[]> {
    const text = await this.autoresearch('list', '--lane', lane, '-o', 'tsv');
    return parse(text, { columns: true, delimiter: '\t' }) as Row[];
  }

  /** How each attempt ended that was not the only one of its experiment. */
  async repeated(lane: string): Promise<AttemptView[]> {
    const rows = await this.rows(lane);
    const range = `0..${rows.length - 1}`;
    const shown = JSON.parse(await this.autoresearch('show', range, '--lane', lane, '-o', 'json'));
    return (shown as ExperimentView[]).flatMap(({ tried }) => (tried.length === 1 ? [] : tried));
  }

  async #helm(args: readonly string[], input = ''): Promise<string> {
    const all = ['--kube-context', this.#cluster.context, '-n', this.#namespace, ...args];
    return (await execa('helm', all, { env: withTools(), input })).stdout;
  }
}

/** Every Job that ever was in a namespace, by name, with the uids it was seen with: two mean that it was made twice. */
export class Jobs {
  readonly #watch;
  readonly #seen = new Map<string, Set<string>>();
  readonly #read: Promise<void>;

  constructor(cluster: Cluster, namespace: string) {
    const path = 'jsonpath={.metadata.name} {.metadata.uid}{"\\n"}';
    const args = ['--context', cluster.context, '-n', namespace, 'get', 'jobs', '--watch', '-o', path];
    this.#watch = spawn('kubectl', args, {
      env: { ...process.env, ...withTools() },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#read = this.#follow();
  }

  async #follow(): Promise<void> {
    for await (const line of createInterface(this.#watch.stdout)) {
      const [name, uid] = line.split(' ');
      this.#seen.set(name!, (this.#seen.get(name!) ?? new Set()).add(uid!));
    }
  }

  /** Ends the watch and answers what it saw: name → how many Jobs had it. */
  async end(): Promise<Map<string, number>> {
    this.#watch.kill();
    await this.#read;
    return new Map([...this.#seen].map(([name, uids]) => [name, uids.size]));
  }
}

/** Asks until the answer is not null; throws after the time with `what` it waited for. */
export async function until<T>(what: string, minutes: number, ask: () => Promise<T | null>): Promise<T> {
  for (const deadline = Date.now() + minutes * 60_000; ; ) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`still no ${what} after ${minutes} minutes`);
    await new Promise((done) => setTimeout(done, 500));
  }
}
