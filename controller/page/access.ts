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

interface Refusal {
  readonly status: 401 | 403 | 405 | 421;
  readonly sentence: string;
}

export class Access {
  readonly #token: Uint8Array;
  readonly #hosts: ReadonlySet<string>;

  /** `hosts`: names under which the page is reached, each with its port. */
  constructor(token: string, hosts: readonly string[]) {
    this.#token = sum(token);
    this.#hosts = new Set(hosts);
  }

  /** Why a request is refused; null where it is not. */
  refusal(method: string, path: string, headers: IncomingHttpHeaders): Refusal | null {
    // A name that an attacker lets point here makes the attacker's page the same origin as ours: DNS rebinding.
    if (!this.#hosts.has(headers.host ?? ''))
      return { status: 421, sentence: 'this name is not served here; use the link that was printed' };
    const site = headers['sec-fetch-site'];
    const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
    const opens = headers['sec-fetch-mode'] === 'navigate' && path === '/' && method === 'GET';
    if (foreign && !opens)
      return { status: 403, sentence: 'another site asked for this; use the link that was printed' };
    if (method !== 'GET' && method !== 'HEAD')
      return { status: 405, sentence: 'the page only reads; use the commands to change a lane' };
    if (!path.startsWith('/api/')) return null; // the page itself tells nothing
    const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(sum(given), this.#token)) return null;
    return { status: 401, sentence: 'the token is missing or old; use the link that was printed last' };
  }
}

/** Of equal length whatever was given, as timingSafeEqual wants it. */
function sum(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
