// The API over real HTTP: lists with pages, watches with bookmarks, patches, deletes, logs, and reviews of access.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Admission } from './admission.ts';
import { Faults, type Request, refusalOf, type Stroke } from './faults.ts';
import { merged } from './merge.ts';
import { type Objects, Refused, type Thing } from './objects.ts';
import { Pages } from './pages.ts';
import { routeOf, verbOf } from './resources.ts';
import { fieldSelector, labelSelector, type Matches } from './selector.ts';
import { type Ask, serveWatch } from './watching.ts';

const BODY_AT_MOST = 3 << 20;

interface ApiServerOptions {
  readonly objects: Objects;
  readonly admission: Admission;
  /** What a Pod's log shows: null: gone; undefined: its container has not started. */
  readonly log: (pod: Thing) => string | null | undefined;
}

export class ApiServer {
  readonly faults = new Faults();
  /** `verb resource` that are forbidden, such as `create jobs`. */
  readonly denied = new Set<string>();
  /** The same of others than who asks, by their user names. */
  readonly deniedTo = new Map<string, ReadonlySet<string>>();
  /** Bearer tokens that are accepted; null accepts everybody. */
  tokens: Set<string> | null = null;
  /** Resources that this cluster does not have. */
  readonly absent = new Set(['workloads', 'localqueues']);
  gitVersion = 'v1.34.4';
  /** Requests so far, by `METHOD resource`. */
  readonly counts = new Map<string, number>();
  /** Called for each request, struck or not. */
  onRequest: (request: Request) => void = () => {};
  /** TCP connections that were opened. */
  connections = 0;
  bytesSent = 0;
  /** Calls that are under way and are not answered, for ever or for now. */
  silenced = 0;
  /** Until then every connection is refused; milliseconds since the epoch. */
  #downUntilMs = 0;
  readonly #watches = new Set<ServerResponse>();
  readonly #options: ApiServerOptions;
  readonly #server: Server;
  readonly #pages: Pages;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#pages = new Pages(options.objects);
    this.#server = createServer((request, response) => {
      // A connection cut under a running answer is what faults are for.
      this.#answer(request, response).catch((error) => response.destroy(error));
    });
    this.#server.on('connection', () => {
      this.connections++;
    });
  }

  /** Starts to listen on a port of its own; the URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** It goes with all its connections, and when it is back it remembers no change from before. */
  restart(downSeconds: number): void {
    const { objects } = this.#options;
    this.#downUntilMs = objects.time.nowMs + 1000 * downSeconds;
    objects.compact();
    this.#server.closeAllConnections();
  }

  /** Every watch is told that what it goes on from is forgotten, and so is every page of a list. */
  expire(): void {
    this.#options.objects.compact();
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    for (const watch of this.#watches) watch.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://double');
    const ask: Ask = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      response,
    };
    const body = await text(request);
    this.onRequest(ask);
    if (this.#options.objects.time.nowMs < this.#downUntilMs) return void request.socket.destroy();
    const stroke = this.faults.take(ask);
    if (stroke?.kind === 'drop') return void request.socket.destroy();
    if (stroke?.kind === 'silent') return this.#keepSilent(ask);
    if (stroke?.kind === 'page') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      return void response.end('<html>Back in a minute.</html>');
    }
    try {
      if (stroke?.kind === 'status') {
        if (stroke.retryAfterSeconds !== undefined)
          response.setHeader('retry-after', String(stroke.retryAfterSeconds));
        throw refusalOf(stroke);
      }
      if (this.tokens && !this.tokens.has((request.headers.authorization ?? '').replace('Bearer ', '')))
        throw new Refused(401, 'Unauthorized', 'Unauthorized');
      if (body.length > BODY_AT_MOST)
        throw new Refused(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728');
      const answer = this.#serve(ask, body === '' ? undefined : JSON.parse(body), stroke);
      if (answer === undefined) return;
      if (stroke?.kind === 'reset') return void request.socket.destroy();
      if (stroke?.kind === 'slow') await this.#hold(stroke.until);
      this.#send(ask, ask.method === 'POST' ? 201 : 200, answer, stroke);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, reason, message } = error;
      this.#send(
        ask,
        status,
        { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, reason, message },
        stroke,
      );
    }
  }

  /** Time passes meanwhile, as it does while nobody answers. */
  async #hold(until: Promise<unknown>): Promise<void> {
    this.silenced++;
    await until;
    this.silenced--;
  }

  #keepSilent({ query, response }: Ask): void {
    if (query.get('watch') === 'true') return response.writeHead(200).flushHeaders();
    this.silenced++;
    response.on('close', () => {
      this.silenced--;
    });
  }

  #send({ response }: Ask, status: number, answer: unknown, stroke: Stroke | null): void {
    const whole = typeof answer === 'string' ? answer : JSON.stringify(answer);
    this.bytesSent += whole.length;
    response.writeHead(status, {
      'content-type': typeof answer === 'string' ? 'text/plain' : 'application/json',
    });
    if (stroke?.kind !== 'truncate') return void response.end(whole);
    response.write(whole.slice(0, whole.length / 2), () => response.destroy());
  }

  /** The answer; undefined where it is a stream that is under way. */
  #serve(ask: Ask, body: Thing | undefined, stroke: Stroke | null): unknown {
    const { path, method, query } = ask;
    if (path === '/version')
      return { major: '1', minor: this.gitVersion.split('.')[1], gitVersion: this.gitVersion };
    if (path.endsWith('/selfsubjectaccessreviews')) return this.#review(body!, this.denied);
    if (path.endsWith('/subjectaccessreviews')) {
      if (this.denied.has('create subjectaccessreviews'))
        throw new Refused(403, 'Forbidden', 'User "person" cannot create resource "subjectaccessreviews"');
      return this.#review(body!, this.deniedTo.get(body!.spec.user) ?? new Set());
    }
    const route = routeOf(path);
    if (!route || this.absent.has(route.plural))
      throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
    const { plural, namespace, name, sub } = route;
    const watching = query.get('watch') === 'true';
    const verb = watching ? 'watch' : verbOf(method, name);
    const label = `${verb} ${plural}${sub ? `/${sub}` : ''}`;
    this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
    if (this.denied.has(label))
      throw new Refused(
        403,
        'Forbidden',
        `User "controller" cannot ${verb} resource "${plural}" in the namespace "${namespace}"`,
      );
    if (name === undefined) {
      if (method === 'POST')
        return this.#options.admission.create(plural, {
          ...body!,
          metadata: { ...body!.metadata, namespace },
        });
      const matches = bothOf(query);
      const here: Matches = (thing) =>
        (namespace === '' || thing.metadata.namespace === namespace) && matches(thing);
      if (!watching) return this.#pages.list(plural, here, query, stroke);
      this.#watches.add(ask.response);
      ask.response.on('close', () => this.#watches.delete(ask.response));
      serveWatch(this.#options.objects, plural, here, ask, stroke);
      return undefined;
    }
    const thing = this.#options.objects.get(plural, namespace, name);
    if (!thing) throw new Refused(404, 'NotFound', `${plural} "${name}" not found`);
    if (sub === 'log') return this.#log(thing, query);
    return this.#one(plural, thing, method, body);
  }

  #one(plural: string, thing: Thing, method: string, body: Thing | undefined): unknown {
    const { objects } = this.#options;
    const { uid, resourceVersion, name } = thing.metadata;
    if (method === 'GET') return thing;
    if (method === 'DELETE') {
      const wanted = (body as { preconditions?: { uid?: string; resourceVersion?: string } } | undefined)
        ?.preconditions;
      if ((wanted?.uid ?? uid) !== uid || (wanted?.resourceVersion ?? resourceVersion) !== resourceVersion)
        throw new Refused(
          409,
          'Conflict',
          `Precondition failed: UID in precondition: ${wanted?.uid}, UID in object meta: ${uid}`,
        );
      const grace = (body as { gracePeriodSeconds?: number } | undefined)?.gracePeriodSeconds;
      objects.delete(plural, thing, grace);
      return { kind: 'Status', status: 'Success' };
    }
    const asked = body!;
    if ((asked.metadata?.uid ?? uid) !== uid)
      throw new Refused(409, 'Conflict', `${plural} "${name}": the UID does not match`);
    const version = asked.metadata?.resourceVersion;
    if (version !== undefined && version !== resourceVersion)
      throw new Refused(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${plural} "${name}": the object has been modified`,
      );
    if (plural === 'jobs' && asked.spec?.template)
      throw new Refused(422, 'Invalid', 'spec.template: field is immutable');
    if (method === 'PUT')
      return objects.update(plural, thing, (now) => ({
        ...asked,
        metadata: { ...now.metadata, ...asked.metadata },
      }));
    return objects.update(plural, thing, (now) => merged(now, asked) as Thing);
  }

  #log(pod: Thing, query: URLSearchParams): string {
    const log = this.#options.log(pod);
    if (log === undefined)
      throw new Refused(
        400,
        'BadRequest',
        `container "trainer" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`,
      );
    if (log === null) return `unable to retrieve container logs for containerd://${pod.metadata.uid}`;
    const lines = query.get('tailLines');
    if (lines === null) return log;
    const parts = log.split(/(?<=\n)/);
    return parts.slice(-Number(lines)).join('');
  }

  #review(body: Thing, denied: ReadonlySet<string>): unknown {
    const { verb, resource, subresource } = body.spec.resourceAttributes;
    const label = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`;
    return { ...body, status: { allowed: !denied.has(label) } };
  }
}

function bothOf(query: URLSearchParams): Matches {
  const labels = labelSelector(query.get('labelSelector') ?? '');
  const fields = fieldSelector(query.get('fieldSelector') ?? '');
  return (thing) => labels(thing) && fields(thing);
}
