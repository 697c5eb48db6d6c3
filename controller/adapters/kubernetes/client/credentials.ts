// How to reach a cluster and who we are there, from a kubeconfig or from inside a Pod. Reading kubeconfigs, tokens
// and exec plugins is the client library's work; connections are ours, for it opens a new one per call. A proxy is what the kubeconfig
// names, never the environment's: from inside a cluster that one leads out of it.
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { delimiter } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from 'undici';

const SOCKETS = 24;
/** For what nodes answer through the API server: a silent one holds a connection, and a whole rack may be silent. */
const NODE_SOCKETS = 512;
const KEEP_ALIVE_MS = 30_000;

interface Pools {
  readonly dispatcher: Dispatcher;
  /** For what a node answers: it has connections of its own, for it may be silent. */
  readonly nodes: Dispatcher;
}

export interface ApiConnection extends Pools {
  readonly server: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** A kubeconfig and a context in it; undefined: what kubectl would use, or the Pod's own service account. */
interface KubeconfigSource {
  /** One file or several, as the environment variable KUBECONFIG has them. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

export class Credentials {
  readonly #load: () => KubeConfig;
  #config: KubeConfig;
  #pools: Pools | null = null;
  #route: Readonly<Record<string, unknown>> = {};

  /** Throws where there is no such context or cluster; the message says what to do. */
  constructor(where: KubeconfigSource | (() => KubeConfig)) {
    this.#load = typeof where === 'function' ? where : () => configOf(where);
    this.#config = this.#load();
  }

  /** The namespace that the context names; null where it names none. */
  get namespace(): string | null {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? null;
  }

  /** Where the API server is, as text for a person. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? 'that no kubeconfig names';
  }

  /** For one call: tokens are read anew from time to time, the pool of connections is always the same one. */
  async connection(): Promise<ApiConnection> {
    const cluster = this.#config.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig names no cluster; choose a context with --context');
    const options: RequestOptions = { headers: {} };
    await this.#config.applyToHTTPSOptions(options);
    const headers: Record<string, string> = { 'user-agent': 'autoresearch' };
    for (const [name, value] of Object.entries(options.headers ?? {}))
      headers[name.toLowerCase()] = String(value);
    if (options.auth) headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    return { server: new URL(cluster.server), ...this.#poolsFor(options, cluster.proxyUrl), headers };
  }

  /** Reads everything anew, after the server no longer knew us. */
  reload(): void {
    this.#config = this.#load();
  }

  async close(): Promise<void> {
    const { dispatcher, nodes } = this.#pools ?? {};
    this.#pools = null;
    await Promise.all([dispatcher?.destroy(), nodes?.destroy()]);
  }

  #poolsFor(options: RequestOptions, proxy: string | undefined): Pools {
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const given = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
    const tls = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const route = { ...tls, proxy };
    if (this.#pools && isSame(route, this.#route)) return this.#pools;
    // A rotated client certificate: calls under way end on the old connections.
    const { dispatcher, nodes } = this.#pools ?? {};
    for (const old of [dispatcher, nodes]) old?.close().catch(() => {}); // closed already, by whoever ended it all
    this.#route = route;
    const made = (sockets: number) => dispatcherOf(tls, proxy, sockets);
    this.#pools = { dispatcher: made(SOCKETS), nodes: made(NODE_SOCKETS) };
    return this.#pools;
  }
}

/** Values are text, numbers and buffers. */
function isSame(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => {
    const [x, y] = [a[key], b[key]];
    return x instanceof Buffer && y instanceof Buffer ? x.equals(y) : x === y;
  });
}

function dispatcherOf(tls: ConnectionOptions, proxy: string | undefined, connections: number): Dispatcher {
  const common = { connections, keepAliveTimeout: KEEP_ALIVE_MS };
  if (proxy?.startsWith('socks'))
    return new Socks5ProxyAgent(proxy, { ...common, requestTls: tls as object });
  if (proxy) return new ProxyAgent({ ...common, uri: proxy, requestTls: tls as object });
  // undici probes idle connections after 60 s by default, when some load balancers have dropped them already.
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  return new Agent({ ...common, connect: connect as object });
}

function configOf({ kubeconfig, context }: KubeconfigSource): KubeConfig {
  const config = new KubeConfig();
  const listed = (kubeconfig ?? '').split(delimiter).filter(Boolean);
  const [first, ...others] = listed.filter((file) => existsSync(file));
  if (first === undefined && listed.length > 0)
    throw new Error(`none of the files in KUBECONFIG is there: ${listed.join(', ')}; name one that is`);
  if (first === undefined) config.loadFromDefault();
  else config.loadFromFile(first);
  // As kubectl does: what the first file says counts, and a file that is not there is passed over.
  for (const file of others) {
    const more = new KubeConfig();
    more.loadFromFile(file);
    more.clusters = more.clusters.filter(({ name }) => !config.getCluster(name));
    more.users = more.users.filter(({ name }) => !config.getUser(name));
    more.contexts = more.contexts.filter(({ name }) => !config.getContextObject(name));
    config.mergeConfig(more, Boolean(config.currentContext));
  }
  if (context !== undefined) {
    const known = config.getContexts().map((one) => one.name);
    if (!known.includes(context))
      throw new Error(`the kubeconfig has no context ${context}; it has ${known.join(', ') || 'none'}`);
    config.setCurrentContext(context);
  }
  return config;
}
