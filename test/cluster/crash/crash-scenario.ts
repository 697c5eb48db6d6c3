// A controller of the script on a real cluster, each of whose external calls goes through one place: what it asks of
// store, repository and proposer, and every request to the API server but for watches.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { DirectoryStore } from '../../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../../controller/adapters/git/frontier.ts';
import { Api } from '../../../controller/adapters/kubernetes/client/api.ts';
import {
  type ApiConnection,
  Credentials,
} from '../../../controller/adapters/kubernetes/client/credentials.ts';
import { KubernetesExecutor } from '../../../controller/adapters/kubernetes/executor.ts';
import { poolSchema } from '../../../controller/adapters/kubernetes/manifest/pool.ts';
import { keys } from '../../../controller/core/keys.ts';
import type { LaneContext, Stop } from '../../../controller/loop/context.ts';
import { runLane } from '../../../controller/loop/loop.ts';
import { encode } from '../../../controller/report/results-tsv.ts';
import { inWords, type Parts, tapped } from '../../sim/tap.ts';
import { baselineOf, LANE, laneUpTo, proposerOf, type Script } from './crash-script.ts';

/** Where a controller works, and on what: a folder for repository and store, and a namespace for its Jobs. */
export interface Ground {
  readonly script: Script;
  readonly dir: string;
  readonly context: string;
  readonly namespace: string;
  readonly image: string;
}

/** Lets the call have its effect, or does something else to the caller. */
type Around = <T>(call: string, effect: () => Promise<T>) => Promise<T>;

const TTL_SECONDS = 600;
/** Of the loop's own calls: a wait is none, and the executor's are seen as the requests that they make. */
const APART = new Set(['clock', 'executor']);

/** Runs a controller until after experiment `last`. Throws what it stumbles over: here nothing fails by itself. */
export async function run(ground: Ground, last: number, around: Around): Promise<Stop> {
  const credentials = new Credentials({ context: ground.context });
  const api = new Api({ credentials: through(credentials, around), clock: systemClock, random: Math.random });
  let wake = () => {};
  const over = new AbortController();
  const executor = new KubernetesExecutor({
    api,
    clock: systemClock,
    namespace: ground.namespace,
    anchor: null,
    lanes: [LANE],
    pool: poolSchema.parse({ name: 'cpu', image: ground.image, clock: 'virtual', gpu: { count: 0 } }),
    nonce: () => randomBytes(16).toString('hex'),
    onChange: () => wake(),
    ttlSeconds: TTL_SECONDS,
  });
  const lane = laneUpTo(ground.script, last);
  const parts: Parts = {
    lane,
    store: storeIn(ground.dir),
    frontier: frontierIn(ground.dir),
    executor,
    clock: systemClock,
    proposer: proposerOf(ground.script),
    inputs: { trainPy: baselineOf(ground.script), prepare: '', program: async () => 'scripted' },
    observer: {
      happened: (event) => {
        if (event.kind === 'trouble') throw new Error(event.sentence);
      },
      turn() {},
    },
    publish:
      (store): LaneContext['publish'] =>
      async (all) => {
        await store.put(keys.results(lane.name), new TextEncoder().encode(encode(all)));
        return 0;
      },
    spentUsd: async () => 0,
    pollMs: 10_000,
  };
  const context = tapped(parts, (call, effect) =>
    APART.has(call.port) ? effect() : around(inWords(call), effect),
  );
  const watching = executor.watch(over.signal);
  try {
    return await runLane(context, new AbortController().signal, (now) => {
      wake = now;
    });
  } finally {
    over.abort();
    await watching;
    await credentials.close();
  }
}

export const storeIn = (dir: string) => new DirectoryStore(join(dir, 'store'));
export const frontierIn = (dir: string) =>
  new GitFrontier({ repo: join(dir, 'frontier.git'), lane: LANE, folder: new Map() });

/** The same credentials, each of whose requests goes through `around`, under its method, kind and name. */
function through(credentials: Credentials, around: Around): Credentials {
  const request = (dispatcher: ApiConnection['dispatcher'], options: { path: string; method: string }) => {
    const [path, query = ''] = options.path.split('?');
    const effect = () => dispatcher.request(options as Parameters<typeof dispatcher.request>[0]);
    if (query.includes('watch=true')) return effect();
    return around(`${options.method} ${whatIs(path!)}`, effect);
  };
  return new Proxy(credentials, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member, target);
      if (member !== 'connection') return typeof value === 'function' ? value.bind(target) : value;
      return async (): Promise<ApiConnection> => {
        const connection = await target.connection();
        const tapped = (pool: ApiConnection['dispatcher']) =>
          ({ request: request.bind(null, pool) }) as unknown as ApiConnection['dispatcher'];
        const { dispatcher, nodes } = connection;
        return { ...connection, dispatcher: tapped(dispatcher), nodes: tapped(nodes) };
      };
    },
  });
}

/** `jobs`, `jobs/one`, `pods/one/log`: what a path of a namespace names, whatever the name. */
function whatIs(path: string): string {
  const [plural, name, sub] = path.split('/namespaces/')[1]?.split('/').slice(1) ?? [path];
  return [plural, name && 'one', sub].filter(Boolean).join('/');
}
