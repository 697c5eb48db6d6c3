// The Kubernetes API over HTTP: every call has a deadline, what may pass is tried again, and a refusal is a value.
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Clock } from '../../../ports.ts';
import { doubling, spread } from '../../../std/backoff.ts';
import { abortable } from './abortable.ts';
import { apiError } from './api-error.ts';
import type { Credentials } from './credentials.ts';
import type { ApiError, ApiResult, Page } from './objects.ts';
import { bytesOf } from './streams.ts';

/** The API server could not be reached, or went on answering 429 or 5xx, for longer than a call may take. */
export class Unreachable extends Error {
  /** The last HTTP status; null where there was no whole answer. */
  readonly status: number | null;

  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

/** A refusal of what we cannot do without; where it is a person's to mend, the message ends with what to do. */
export function unreachableFor(what: string, { status, message }: ApiError): Unreachable {
  return new Unreachable(`${what}: ${message}${REMEDIES[status] ?? ''}`, status);
}

const REMEDIES: Readonly<Record<number, string>> = {
  401: '; give the controller credentials that the cluster knows',
  403: '; give the controller the verbs that autoresearch doctor lists',
};

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** It is a node that answers. */
  readonly ofNode?: boolean;
  /** Ends it before its deadline; nor is it tried again. */
  readonly signal?: AbortSignal | undefined;
}

export interface ApiOptions {
  readonly credentials: Credentials;
  /** For the waits between tries. */
  readonly clock: Clock;
  /** In [0, 1); spreads out repeated calls. */
  readonly random: () => number;
  /** Deadline of one try, milliseconds. */
  readonly tryMs?: number;
  readonly tries?: number;
  /** A signal that aborts after so many milliseconds; AbortSignal.timeout unless a test has its own time. */
  readonly deadline?: (ms: number) => AbortSignal;
}

const TRY_MS = 15_000;
const TRIES = 5;
const LONGEST_WAIT_MS = 30_000;
const waitMs = doubling(250, LONGEST_WAIT_MS);
const PAGE = 250;
const BODY_AT_MOST = 64 << 20;

interface Raw {
  readonly status: number;
  readonly body: Buffer;
  readonly retryAfterMs: number | null;
}

export class Api {
  readonly clock: Clock;
  readonly random: () => number;
  readonly #credentials: Credentials;
  readonly #tryMs: number;
  readonly #tries: number;
  readonly #deadline: (ms: number) => AbortSignal;
  /** Calls made so far, repeated tries included; for benchmarks and metrics. */
  calls = 0;
  /** Calls whose answer has not wholly come yet; of a stream, its beginning. */
  waiting = 0;

  constructor({ credentials, clock, random, tryMs, tries, deadline }: ApiOptions) {
    this.#credentials = credentials;
    this.clock = clock;
    this.random = random;
    this.#tryMs = tryMs ?? TRY_MS;
    this.#tries = tries ?? TRIES;
    this.#deadline = deadline ?? ((ms) => AbortSignal.timeout(ms));
  }

  /** The answer as JSON. Throws Unreachable. A POST may be repeated: give what you create a name of your own. */
  async call<T>(call: Call): Promise<ApiResult<T>> {
    return this.#repeated(call, (raw) => JSON.parse(raw.body.toString()) as T);
  }

  /** The answer as bytes, `atMost` of them. Throws Unreachable. */
  async bytes(call: Call, atMost: number): Promise<ApiResult<Uint8Array>> {
    return this.#repeated(call, (raw) => raw.body, atMost);
  }

  get<T>(path: string, query: Call['query'] = {}): Promise<ApiResult<T>> {
    return this.call<T>({ method: 'GET', path, query });
  }

  /** All items of all pages, as of one moment (read from the API server's newest state). Throws Unreachable. */
  async list<T>(path: string, query: Call['query'] = {}): Promise<ApiResult<T[]>> {
    for (let restarts = 0; ; restarts++) {
      const items: T[] = [];
      let token: string | undefined;
      let refused: ApiError | null = null;
      do {
        const page = await this.get<Page<T>>(path, { ...query, limit: PAGE, continue: token });
        if (page.kind === 'refused') refused = page;
        else items.push(...page.value.items);
        token = page.kind === 'ok' ? page.value.metadata.continue || undefined : undefined;
      } while (token);
      if (!refused) return { kind: 'ok', value: items };
      // 410: the list took longer than the server remembers; begin again.
      if (refused.status !== 410) return refused;
      if (restarts === this.#tries) throw new Unreachable(`${path}: the list expired ${restarts} times`, 410);
    }
  }

  /** Opens a stream, once; the deadline is the caller's `signal`. Throws Unreachable; the body may fail any time. */
  async open(call: Call, signal: AbortSignal): Promise<{ kind: 'ok'; value: Readable } | ApiError> {
    this.waiting++;
    const response = await this.#send(call, signal)
      .catch((cause) => {
        throw new Unreachable(`${call.path}: ${String(cause)}`, null, cause);
      })
      .finally(() => {
        this.waiting--;
      });
    if (response.statusCode === 200) return { kind: 'ok', value: response.body };
    const body = await bytesOf(response.body, BODY_AT_MOST);
    const trouble = response.statusCode === 401 ? this.#renewed(call) : null;
    if (trouble) throw trouble;
    return apiError(response.statusCode, body);
  }

  async #repeated<T>(call: Call, read: (raw: Raw) => T, atMost = BODY_AT_MOST): Promise<ApiResult<T>> {
    let renewed = false;
    let trouble: Unreachable | null = null;
    for (let n = 0; n < this.#tries && !call.signal?.aborted; n++) {
      if (trouble) await this.#wait(n, trouble, call.signal);
      let raw: Raw;
      try {
        raw = await this.#once(call, atMost);
        if (raw.status < 300) return { kind: 'ok', value: read(raw) };
      } catch (cause) {
        trouble = this.#unanswered(call, cause);
        continue;
      }
      if (raw.status === 401 && !renewed) {
        trouble = this.#renewed(call);
        renewed = trouble === null;
        if (renewed) n--;
        continue;
      }
      if (raw.status !== 429 && raw.status < 500) return apiError(raw.status, raw.body);
      const said = `${call.method} ${call.path}: ${raw.status} ${apiError(raw.status, raw.body).message}`;
      trouble = new Throttled(said, raw.status, raw.retryAfterMs);
    }
    throw trouble ?? new Unreachable(`${call.path}: not tried`, null);
  }

  /** Reads the credentials anew; a kubeconfig that is being written may be whole the next time. */
  #renewed(call: Call): Unreachable | null {
    try {
      this.#credentials.reload();
      return null;
    } catch (cause) {
      return this.#unanswered(call, cause);
    }
  }

  #unanswered({ method, path }: Call, cause: unknown): Unreachable {
    const fix = 'check that it runs, and that the context of the kubeconfig names it';
    const asked = `${method} ${path}: ${String(cause)}`;
    return new Unreachable(
      `the API server ${this.#credentials.server} does not answer (${asked}); ${fix}`,
      null,
      cause,
    );
  }

  /** Full jitter, so that many controllers do not come back at once; a Retry-After is kept to, within reason. */
  async #wait(n: number, trouble: Unreachable, signal = never): Promise<void> {
    const asked = trouble instanceof Throttled ? trouble.retryAfterMs : null;
    const wait = (asked ?? 0) + spread(waitMs(n), this.random());
    await this.clock.sleep(Math.min(LONGEST_WAIT_MS, wait), signal);
  }

  async #once(call: Call, atMost: number): Promise<Raw> {
    this.waiting++;
    try {
      const late = this.#deadline(this.#tryMs);
      const response = await this.#send(call, call.signal ? AbortSignal.any([late, call.signal]) : late);
      const body = await bytesOf(response.body, atMost);
      // A log is any text: that a proxy said this, nothing but its type can tell.
      if (response.statusCode < 300 && /html/.test(String(response.headers['content-type'])))
        throw new Error('a proxy on the way answered with a web page');
      return { status: response.statusCode, body, retryAfterMs: retryAfterMs(response) };
    } finally {
      this.waiting--;
    }
  }

  async #send(call: Call, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    this.calls++;
    const { server, dispatcher, nodes, headers } = await abortable(signal, this.#credentials.connection());
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {}))
      if (value !== undefined) query.set(name, String(value));
    const suffix = query.size > 0 ? `?${query}` : '';
    const json = call.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return (call.ofNode ? nodes : dispatcher).request({
      origin: server.origin,
      path: `${server.pathname.replace(/\/$/, '')}${call.path}${suffix}`,
      method: call.method,
      headers: {
        accept: 'application/json',
        ...headers,
        ...(call.body !== undefined && { 'content-type': json }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal,
      // Our own deadlines hold; a watch may be silent for longer than undici would wait.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }
}

/** An Unreachable that may name how long to wait. */
class Throttled extends Unreachable {
  readonly retryAfterMs: number | null;

  constructor(message: string, status: number, retryAfterMs: number | null) {
    super(message, status);
    this.retryAfterMs = retryAfterMs;
  }
}

const never = new AbortController().signal;

function retryAfterMs({ headers }: Dispatcher.ResponseData): number | null {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}
