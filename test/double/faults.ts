// Faults between a client and the API server: each waits for requests that match it, and strikes so many of them.
import { Refused } from './objects.ts';

export interface Request {
  readonly method: string;
  /** Path without the query, such as /apis/batch/v1/namespaces/lab/jobs. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export type Stroke =
  /** The connection is cut before the server does anything. */
  | { kind: 'drop' }
  /** The server does it, the answer is lost. */
  | { kind: 'reset' }
  /** The server does it at once, and answers when `until` resolves. */
  | { kind: 'slow'; until: Promise<unknown> }
  | { kind: 'status'; status: number; message?: string; retryAfterSeconds?: number }
  /** The answer ends in the middle. */
  | { kind: 'truncate' }
  /** The answer never comes, or the watch never says a word. */
  | { kind: 'silent' }
  /** Something on the way answers 200 with words of its own. */
  | { kind: 'page' }
  /** A list shows the objects as they were at this resource version. */
  | { kind: 'stale'; version: number }
  /** The watch says this line. */
  | { kind: 'line'; line: string };

interface Fault {
  readonly matches: (request: Request) => boolean;
  readonly stroke: Stroke;
  /** How many requests it still strikes. */
  left: number;
}

export class Faults {
  #armed: Fault[] = [];
  /** How many requests were struck. */
  struck = 0;

  /** Strikes the next `times` requests of this method whose path and query match. The result disarms it. */
  arm(
    stroke: Stroke,
    {
      method,
      path = /./,
      watch,
      times = 1,
    }: { method?: string; path?: RegExp; watch?: boolean; times?: number } = {},
  ): () => void {
    const matches = (request: Request) =>
      (method === undefined || request.method === method) &&
      path.test(request.path) &&
      (watch === undefined || (request.query.get('watch') === 'true') === watch);
    const fault: Fault = { matches, stroke, left: times };
    this.#armed.push(fault);
    return () => {
      fault.left = 0;
    };
  }

  disarm(): void {
    this.#armed = [];
  }

  take(request: Request): Stroke | null {
    const fault = this.#armed.find((one) => one.left > 0 && one.matches(request));
    if (!fault) return null;
    fault.left--;
    this.struck++;
    this.#armed = this.#armed.filter((one) => one.left > 0);
    return fault.stroke;
  }
}

/** What the API server says when this strikes. */
export function refusalOf({ status, message }: Extract<Stroke, { kind: 'status' }>): Refused {
  const reason = status === 429 ? 'TooManyRequests' : 'InternalError';
  return new Refused(status, reason, message ?? `injected ${status}`);
}
