// What went wrong with a call: whether to try again, when, and whether it may have cost something all the same.
import { AnthropicError, APIConnectionError, APIError } from '@anthropic-ai/sdk';
import { WorkloadIdentityError } from '@anthropic-ai/sdk/lib/credentials/types.mjs';
import { type ModelFailure, type ModelFault, nothingHeard } from '../../llm/model.ts';
import { oneLine } from '../../std/text.ts';

const MEND =
  'correct proposer.federation, the federation rule at Anthropic, or the file of the token, then start again';

/** `expired`: which of our timers ended the call, if one did. */
export function failureOf(error: unknown, expired: 'deadline' | 'idle' | null): ModelFailure {
  if (expired === 'idle')
    return passing('idle', 'the stream fell silent; nothing arrived for too long', false);
  if (expired === 'deadline') return passing('deadline', 'the call took longer than its deadline', false);
  if (error instanceof APIConnectionError) return unconnected(error);
  if (!(error instanceof APIError)) return passing('broken', `the stream broke off: ${String(error)}`, false);
  if (error.status === undefined)
    return passing(error.type ?? 'stream_error', `an error inside the stream: ${wordsOf(error)}`, false);
  return turnedAway(error, error.status);
}

/** What is wrong with the token of a workload, or with its exchange; null where it is something else. Nothing was asked yet. */
export function federationFailure(error: unknown): ModelFailure | null {
  if (error instanceof APIError)
    return error.status === 401
      ? lasting(
          'key',
          'identity',
          `the API does not accept the token that it gave (401: ${wordsOf(error)}); ${MEND}`,
        )
      : null;
  if (error instanceof WorkloadIdentityError) {
    const { statusCode, message } = error;
    const said = oneLine(message).slice(0, 300);
    if (statusCode === null || statusCode === 429 || statusCode >= 500)
      return passing('exchange', `no token was given: ${said}`, true);
    return lasting('key', 'identity', `the identity token is not accepted (${said}); ${MEND}`);
  }
  const unread = error instanceof AnthropicError && /identity token file/i.test(error.message);
  return unread ? lasting('key', 'identity', `${oneLine(error.message).slice(0, 300)}; ${MEND}`) : null;
}

/** No connection, or one that broke: where nothing was sent, nothing was used. */
function unconnected(error: APIConnectionError): ModelFailure {
  const code = codeOf(error);
  const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'].includes(code);
  return passing(unsent ? 'unreachable' : 'reset', `no connection (${code || error.message})`, unsent);
}

function turnedAway(error: APIError, status: number): ModelFailure {
  const spend = /spend_limit|credit|billing/.test(`${error.errorCode} ${error.type}`);
  if (status === 401 || status === 403)
    return lasting(
      status === 401 ? 'key' : 'request',
      status === 401 ? 'key' : 'permission',
      `the API key is not accepted (${status}: ${wordsOf(error)}); set a valid ANTHROPIC_API_KEY and start again`,
    );
  if (status === 402 || spend || /spend limit|credit balance/i.test(wordsOf(error)))
    return lasting(
      'account',
      'spend_limit',
      `the account has reached a limit of its own (${wordsOf(error)}); raise it there, then start again`,
    );
  if (status === 429 || status === 408 || status === 409 || status >= 500) {
    const reason = status === 429 ? 'rate_limit' : status === 529 ? 'overloaded' : `http_${status}`;
    // An answer in the API's own words was refused by the API; a gateway's error says nothing of what lies behind it.
    const free = error.type !== null;
    return {
      ...passing(reason, `${status}: ${wordsOf(error)}`, free),
      retryAfterMs: retryAfter(error.headers ?? null),
    };
  }
  return lasting(
    'request',
    `http_${status}`,
    `the request is not accepted (${status}: ${wordsOf(error)}); correct proposer.model and the other settings of the proposer, then start again`,
  );
}

export function retryAfter(headers: Headers | null): number | null {
  const ms = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (ms >= 0) return ms;
  const text = headers?.get('retry-after') ?? '';
  const seconds = text === '' ? Number.NaN : Number(text);
  return seconds >= 0 ? seconds * 1000 : null;
}

/** `free`: nothing was computed. */
export function passing(reason: string, sentence: string, free: boolean): ModelFailure {
  return {
    kind: 'failed',
    reason: reason.slice(0, 64),
    sentence,
    fault: 'passing',
    free,
    heard: nothingHeard,
    retryAfterMs: null,
  };
}

export function lasting(fault: ModelFault, reason: string, sentence: string): ModelFailure {
  return { ...passing(reason, sentence, true), fault };
}

export function wordsOf(error: APIError): string {
  return oneLine(error.apiMessage ?? error.message).slice(0, 200);
}

/** The first system error code in a chain of causes. */
export function codeOf(error: unknown): string {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const { code } = e as NodeJS.ErrnoException;
    if (code) return code;
    const inner = (e as AggregateError).errors?.find((one: NodeJS.ErrnoException) => one.code);
    if (inner) return inner.code;
  }
  return '';
}
