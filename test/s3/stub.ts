// A small S3 server in memory that can be told to fail: what a real one does once a month, on demand.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request instead of its answer. */
export type Fault =
  /** Nothing happens, and this is answered. */
  | { kind: 'status'; status: number; code: string }
  /** The connection ends before anything happens, or after it happened. */
  | { kind: 'reset'; when: 'before' | 'after' }
  /** No answer ever comes; what was asked happens (`after`) or not. */
  | { kind: 'silence'; when: 'before' | 'after' }
  /** Half of the body comes: with the length of the whole, or as if that were all. */
  | { kind: 'half'; admitted: boolean }
  /** Half of the body comes, and the rest never. */
  | { kind: 'stall' };

export type Conditions = 'honoured' | 'ignored' | 'refused';

interface Stored {
  readonly bytes: Buffer;
  readonly metadata: Record<string, string>;
}

export interface Stub {
  readonly endpoint: string;
  /** `METHOD path`, in the order they came. */
  readonly asked: string[];
  /** Bytes of all bodies that came. */
  received(): number;
  readonly objects: Map<string, Stored>;
  /** What the next requests meet, one each; `null` lets one pass. */
  fail(...faults: (Fault | null)[]): void;
  /** Meets every request until told otherwise. */
  always(fault: ((request: IncomingMessage) => Fault | null) | null): void;
  close(): Promise<void>;
}

/** `conditions`: what becomes of `If-None-Match`. Any credentials and any bucket will do. */
export async function openStub(conditions: Conditions = 'honoured'): Promise<Stub> {
  const objects = new Map<string, Stored>();
  const asked: string[] = [];
  let received = 0;
  const faults: (Fault | null)[] = [];
  let always: ((request: IncomingMessage) => Fault | null) | null = null;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://stub');
    asked.push(`${request.method} ${url.pathname}`);
    const fault = faults.shift() ?? always?.(request) ?? null;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    for (const chunk of chunks) received += chunk.length;
    if (fault?.kind === 'status') return refuse(response, fault.status, fault.code);
    if (fault && 'when' in fault && fault.when === 'before')
      return void (fault.kind === 'reset' && request.socket.destroy());
    const reply = serve(request, url, Buffer.concat(chunks));
    if (fault?.kind === 'reset') return void request.socket.destroy();
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'half' || fault?.kind === 'stall') {
      const half = reply.body.subarray(0, reply.body.length >> 1);
      const admitted = fault.kind === 'half' && fault.admitted;
      const length = admitted ? half.length : reply.body.length;
      response.writeHead(reply.status, { ...reply.headers, 'content-length': length });
      if (admitted) return void response.end(half);
      if (fault.kind === 'stall') return void response.write(half);
      return void response.write(half, () => request.socket.destroy());
    }
    response.writeHead(reply.status, { ...reply.headers, 'content-length': reply.body.length });
    response.end(request.method === 'HEAD' ? undefined : reply.body);
  }

  function serve(request: IncomingMessage, url: URL, body: Buffer): Reply {
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const there = objects.get(key);
    switch (request.method) {
      case 'PUT': {
        const conditional = request.headers['if-none-match'] !== undefined;
        if (conditional && conditions === 'refused') return failure(501, 'NotImplemented');
        if (conditional && conditions === 'honoured' && there) return failure(412, 'PreconditionFailed');
        objects.set(key, { bytes: body, metadata: metadataOf(request) });
        return reply(200, '');
      }
      case 'DELETE':
        objects.delete(key);
        return reply(204, '');
      default:
        if (url.searchParams.has('list-type')) return reply(200, listing(url.searchParams));
        if (!there) return failure(404, 'NoSuchKey');
        return { status: 200, headers: there.metadata, body: there.bytes };
    }
  }

  /** Pages of three names, so that any list has several. */
  function listing(query: URLSearchParams): string {
    const prefix = query.get('prefix') ?? '';
    const below = [...objects.keys()].filter((key) => key.startsWith(prefix));
    const names = below.map((key) => /^[^/]*\/?/.exec(key.slice(prefix.length))![0]);
    const all = [...new Set(names)].sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const shown = all.slice(from, from + 3);
    const next = from + 3 < all.length ? `<NextContinuationToken>${from + 3}</NextContinuationToken>` : '';
    const entries = shown.map((name) =>
      name.endsWith('/')
        ? `<CommonPrefixes><Prefix>${prefix}${name}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${prefix}${name}</Key></Contents>`,
    );
    return `<ListBucketResult>${next}${entries.join('')}</ListBucketResult>`;
  }

  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    objects,
    received: () => received,
    fail: (...next) => void faults.push(...next),
    always: (every) => {
      always = every;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

function reply(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}

function failure(status: number, code: string): Reply {
  return reply(status, `<Error><Code>${code}</Code><Message>as asked</Message></Error>`);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  const { headers, body } = failure(status, code);
  response.writeHead(status, headers).end(body);
}

function metadataOf({ headers }: IncomingMessage): Record<string, string> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(own) as Record<string, string>;
}
