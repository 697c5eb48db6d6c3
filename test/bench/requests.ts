// What a process asks of an API server and when, told by undici itself: nothing has to be led through anything.
import { subscribe } from 'node:diagnostics_channel';

interface Request {
  readonly method: string;
  readonly path: string;
}

interface Asked {
  /** `POST jobs`, `GET pods/one/log`, `LIST pods`, `WATCH jobs`. */
  readonly what: string;
  readonly path: string;
  /** Milliseconds, as performance.now counts them. */
  readonly atMs: number;
  answeredMs: number | null;
  /** Of its answer; null where none came. */
  status: number | null;
  bytes: number;
}

export class Requests {
  readonly asked: Asked[] = [];
  readonly #open = new WeakMap<object, Asked>();

  /** `onText`: each piece of a watch's stream as it arrives. `onAsked`: each request as it goes out. */
  constructor(onText: (text: string) => void = () => {}, onAsked: (asked: Asked) => void = () => {}) {
    const of = (message: unknown) => this.#open.get((message as { request: object }).request);
    subscribe('undici:request:create', (message) => {
      const { request } = message as { request: Request };
      const [path] = request.path.split('?');
      const asked = {
        what: whatIs(request),
        path: path!,
        atMs: performance.now(),
        answeredMs: null,
        status: null,
        bytes: 0,
      };
      this.#open.set(request, asked);
      this.asked.push(asked);
      onAsked(asked);
    });
    subscribe('undici:request:headers', (message) => {
      const asked = of(message);
      if (asked) asked.status = (message as { response: { statusCode: number } }).response.statusCode;
    });
    subscribe('undici:request:bodyChunkReceived', (message) => {
      const asked = of(message);
      const { chunk } = message as { chunk: Buffer };
      if (!asked) return;
      asked.bytes += chunk.length;
      if (asked.what.startsWith('WATCH')) onText(chunk.toString());
    });
    subscribe('undici:request:trailers', (message) => {
      const asked = of(message);
      if (asked) asked.answeredMs = performance.now();
    });
  }
}

function whatIs({ method, path }: Request): string {
  const [bare, query = ''] = path.split('?');
  const [plural, name, sub] = bare!.split('/namespaces/')[1]?.split('/').slice(1) ?? [bare];
  const verb = query.includes('watch=true') ? 'WATCH' : method === 'GET' && !name ? 'LIST' : method;
  return `${verb} ${[plural, name && 'one', sub].filter(Boolean).join('/')}`;
}
