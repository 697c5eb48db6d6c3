// Who may ask. train.py and other users of the machine reach a loopback port, too, so the port alone proves nothing.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Sent with everything: nothing is loaded from elsewhere, framed, or run that does not come from this server. */
export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

const SENT_BYTES = 2 << 20;

/** This machine, at any port: people forward one of their own to ours, and no other site can have these names. */
const NEAR = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

interface Refusal {
  readonly status: 401 | 403 | 405 | 413 | 415 | 421;
  readonly sentence: string;
}

export interface Tokens {
  /** Whoever has it may read. */
  readonly read: string;
  /** Whoever has this one may also change a lane; null: nobody may. */
  readonly steering: string | null;
}

/** Where a proxy in front puts a token of its own: it knows who may come, and browsers behind it need none. */
const PROXY_HEADER = 'x-autoresearch-token';

export class Access {
  readonly #read: Uint8Array;
  readonly #steering: Uint8Array | null;
  readonly #hosts: ReadonlySet<string>;

  /** `hosts`: more names under which the page is reached, each with its port where that is not the usual one. */
  constructor({ read, steering }: Tokens, hosts: readonly string[]) {
    this.#read = sum(read);
    this.#steering = steering === null ? null : sum(steering);
    this.#hosts = new Set(hosts);
  }

  /** Why a request is refused; null where it is not. */
  refusal(method: string, path: string, headers: IncomingHttpHeaders): Refusal | null {
    // A name that an attacker lets point here makes the attacker's page the same origin as ours: DNS rebinding.
    const host = headers.host ?? '';
    if (!NEAR.test(host) && !this.#hosts.has(host))
      return { status: 421, sentence: 'this name is not served here; use the link that was printed' };
    const site = headers['sec-fetch-site'];
    const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
    const opens = headers['sec-fetch-mode'] === 'navigate' && path === '/' && method === 'GET';
    if (foreign && !opens)
      return { status: 403, sentence: 'another site asked for this; use the link that was printed' };
    const api = path.startsWith('/api/');
    if (method === 'POST' && api && this.#steering !== null) return this.#changing(headers);
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, sentence: 'this page only reads; use the commands to change a lane' };
    if (!api || this.#has(headers, this.#read) || this.mayChange(headers)) return null; // the page itself tells nothing
    return { status: 401, sentence: 'the token is missing or old; use the link that was printed last' };
  }

  /** Whether it carries the second token. */
  mayChange(headers: IncomingHttpHeaders): boolean {
    return this.#steering !== null && this.#has(headers, this.#steering);
  }

  #changing(headers: IncomingHttpHeaders): Refusal | null {
    // No other site can make a browser send this without asking first, and here nobody answers that question.
    if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
      return { status: 415, sentence: 'a change is JSON; send it as application/json' };
    if (!(Number(headers['content-length'] ?? Number.NaN) <= SENT_BYTES))
      return { status: 413, sentence: 'a change has 2 MiB at most; send less, and its length' };
    if (this.mayChange(headers)) return null;
    return {
      status: 403,
      sentence: 'this token only reads; a change needs the second one, see docs/page.md',
    };
  }

  #has(headers: IncomingHttpHeaders, wanted: Uint8Array): boolean {
    const given = [/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1], headers[PROXY_HEADER]];
    return given.some((token) => typeof token === 'string' && timingSafeEqual(sum(token), wanted));
  }
}

/** Of equal length whatever was given, as timingSafeEqual wants it. */
function sum(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
