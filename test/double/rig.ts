// A cluster in this process with Kubernetes executors on it, as controllers come and go.
import { Api, type ApiOptions } from '../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../controller/adapters/kubernetes/client/credentials.ts';
import { KubernetesExecutor, type KubernetesOptions } from '../../controller/adapters/kubernetes/executor.ts';
import type { Anchor } from '../../controller/adapters/kubernetes/manifest/job.ts';
import { type Pool, poolSchema } from '../../controller/adapters/kubernetes/manifest/pool.ts';
import { classify } from '../../controller/core/log/classify.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { Executor, Intent, Run } from '../../controller/ports.ts';
import { Cluster } from './cluster.ts';
import type { NodeOptions } from './nodes.ts';
import { run, type Script } from './script.ts';

export const IMAGE = `registry.example/trainer@sha256:${'1'.repeat(64)}`;

/** A CPU pool that runs anywhere; `changes` win. */
export function poolLike(changes: Record<string, unknown> = {}): Pool {
  return poolSchema.parse({ name: 'cpu', image: IMAGE, gpu: { count: 0 }, ...changes });
}

/** The anchor that the chart of this release makes. */
export function anchorIn({ objects, namespace }: Cluster, release: string): Anchor {
  const name = `${release}-anchor`;
  const { metadata } = objects.create('configmaps', { metadata: { name, namespace } });
  return { name, uid: metadata.uid! };
}

export class Rig {
  readonly cluster: Cluster;
  readonly #opened: { api: Api; credentials: Credentials; over: AbortController }[] = [];
  #nonces = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    cluster.time.busy = () => {
      const waiting = this.#opened.reduce((sum, { api }) => sum + api.waiting, 0);
      return waiting > cluster.api.silenced;
    };
  }

  static async start(
    script: Script = (given) => run(given, 10, 'step 1\nstep 2\n'),
    nodes?: Readonly<Record<string, NodeOptions>>,
  ): Promise<Rig> {
    return new Rig(await Cluster.start(script, nodes));
  }

  api(changes: Partial<ApiOptions> = {}): Api {
    const credentials = new Credentials(() => this.cluster.kubeConfig());
    const { driver, deadline } = this.cluster.time;
    const api = new Api({ credentials, clock: driver, random: () => 0.5, deadline, ...changes });
    this.#opened.push({ api, credentials, over: new AbortController() });
    return api;
  }

  /** An executor as a controller has it; `watching` also starts its watch. */
  open(changes: Partial<KubernetesOptions> = {}, watching = false): KubernetesExecutor {
    const executor = new KubernetesExecutor({
      api: changes.api ?? this.api(),
      clock: this.cluster.time.clock,
      namespace: this.cluster.namespace,
      lanes: ['main'],
      pool: poolLike(),
      anchor: null,
      nonce: () => (++this.#nonces).toString(16).padStart(32, '0'),
      ...changes,
    });
    if (watching) void executor.watch(this.#opened.at(-1)!.over.signal);
    return executor;
  }

  /** Lets time pass in steps of `stepMs` until `holds`; throws after two virtual hours. */
  async until(holds: () => Promise<boolean> | boolean, stepMs = 500): Promise<void> {
    const endMs = this.cluster.time.nowMs + 7_200_000;
    while (!(await holds())) {
      if (this.cluster.time.nowMs > endMs) throw new Error('it does not come to that within two hours');
      await this.cluster.time.advance(stepMs);
    }
  }

  /** The one run of a lane once it is in this state. */
  async runOnce(executor: Executor, kind: Run['state']['kind'], lane = 'main'): Promise<Run> {
    let found: Run | undefined;
    await this.until(async () => {
      [found] = await executor.list(lane);
      return found?.state.kind === kind;
    });
    return found!;
  }

  async close(): Promise<void> {
    for (const { over, credentials } of this.#opened) {
      over.abort();
      await credentials.close();
    }
    await this.cluster.close();
  }
}

/** What the loop makes of a run of `intentLike`: kind and reason of the outcome. */
export function outcomeOf(run: Run): string {
  if (run.state.kind !== 'ended') throw new Error(`it has not ended: ${JSON.stringify(run.state)}`);
  const { ending } = run.state;
  const trainSha256 = sha256Hex(intentLike().trainPy);
  const { kind, reason } = classify({ run, ending, trainSha256, log: new Uint8Array(), logNote: '' });
  return reason ? `${kind}: ${reason}` : kind;
}

/** A train.py of so many characters that no compression makes smaller. */
export function noise(length: number): string {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  };
  return Array.from({ length }, next).join('');
}

export function intentLike(changes: Partial<Intent> = {}): Intent {
  return {
    lane: 'main',
    experiment: '000001',
    attempt: 1,
    parent: 'a'.repeat(40),
    trainPy: 'print("hello")\n',
    seed: 7,
    clocks: { budgetSeconds: 300, startSeconds: 400, wallSeconds: 600 },
    requireSealed: true,
    ...changes,
  };
}
