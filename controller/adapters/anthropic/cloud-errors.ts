// What went wrong with a call of a cloud, in the cloud's own words: the same reasons as on Anthropic's API.
import { APIConnectionError, type APIError } from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { ModelFailure } from '../../llm/model.ts';
import { oneLine } from '../../std/text.ts';
import { codeOf, lasting, passing, retryAfter } from './errors.ts';

export const messageSchema = z.object({ message: z.string() });

export interface Cloud {
  readonly name: string;
  /** What the SDK says where it has no credentials. */
  readonly unfound: RegExp;
  /** What to do where there are none, and where they are not enough. */
  readonly give: string;
  readonly allow: string;
  /** Codes of what is wrong with the credentials themselves, whatever the status is. */
  readonly badKey: RegExp;
  /** Null: it is not the cloud that answered, or it answered in the words of the Messages API. */
  saidOf(error: APIError): { readonly code: string; readonly message: string } | null;
}

/** What it is turned away with before anything is computed. What was under way may have been paid, and nobody tells. */
const TURNED_AWAY: Readonly<Record<number, string>> = {
  429: 'rate_limit',
  503: 'overloaded',
  529: 'overloaded',
};
/** Of a file that a variable names, and that is not there or closed to us: that does not pass. */
const UNREAD: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES']);
const statusSchema = z.coerce.number().int().min(400).max(599);

export class CloudErrors {
  readonly #cloud: Cloud;
  #identified = false;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** The same fetch. What comes this far has credentials: where there are none later, they may come back. */
  identified(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
    return (input, init) => {
      this.#identified = true;
      return fetch(input, init);
    };
  }

  /** Null where it is read as an error of the Messages API. */
  failureOf(error: APIError): ModelFailure | null {
    const { name, give, allow, badKey, unfound } = this.#cloud;
    if (error instanceof APIConnectionError)
      return unfound.test(error.message) ? this.#unidentified(error) : null;
    const { status } = error;
    if (status === undefined) return null;
    const said = this.#cloud.saidOf(error);
    const told = oneLine(said?.message ?? error.apiMessage ?? error.message).slice(0, 200);
    const words = `${status}${said ? ` ${said.code}` : ''}: ${told}`;
    if (status === 401 || badKey.test(said?.code ?? ''))
      return lasting(
        'key',
        'key',
        `${name} does not accept the credentials (${words}); ${give}, then start again`,
      );
    if (status === 403)
      return lasting(
        'request',
        'permission',
        `${name} does not allow this call (${words}); ${allow}, then start again`,
      );
    if (said === null) return null;
    if (said.code === 'ServiceQuotaExceededException')
      return lasting(
        'account',
        'spend_limit',
        `the account has reached a limit of its own (${words}); raise it there, then start again`,
      );
    const reason = TURNED_AWAY[status];
    if (reason === undefined && status < 500 && status !== 408 && status !== 424)
      return lasting(
        'request',
        `http_${status}`,
        `the request is not accepted (${words}); correct proposer.model and the other settings of the proposer, then start again`,
      );
    const wait = { retryAfterMs: retryAfter(error.headers ?? null) };
    return { ...passing(reason ?? `http_${status}`, words, reason !== undefined), ...wait };
  }

  /** Nothing was asked yet. A token may come later, where whoever gives it is in trouble, or gave one before. */
  #unidentified(error: APIConnectionError): ModelFailure {
    const { name, give } = this.#cloud;
    const { cause } = error;
    const said = cause instanceof Error ? oneLine(cause.message).slice(0, 200) : error.message;
    const status = statusOf(cause);
    const code = codeOf(cause);
    const away = this.#identified || (code !== '' && !UNREAD.has(code));
    const trouble = status === null ? away : status === 429 || status >= 500;
    if (trouble) return passing('exchange', `${name} gave no credentials: ${said}`, true);
    return lasting(
      'key',
      'identity',
      `no credentials of ${name} were found (${said}); ${give}, then start again`,
    );
  }
}

/** Of the answer that a look for credentials got; null where it got none. */
function statusOf(cause: unknown): number | null {
  const { status, $metadata, response } = (cause ?? {}) as {
    status?: unknown;
    $metadata?: { httpStatusCode?: unknown };
    response?: { status?: unknown };
  };
  return statusSchema.safeParse($metadata?.httpStatusCode ?? response?.status ?? status).data ?? null;
}
