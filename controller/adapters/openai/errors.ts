// What went wrong with a call: whether to try again, when, and whether it may have cost something all the same.
import { APIConnectionError, APIError } from 'openai';
import { type ModelFailure, type ModelFault, nothingHeard } from '../../llm/model.ts';
import { oneLine } from '../../std/text.ts';

const UNSENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH'];

/** `expired`: which of our timers ended the call, if one did. */
export function failureOf(error: unknown, expired: 'deadline' | 'idle' | null): ModelFailure {
  if (expired === 'idle')
    return passing('idle', 'the stream fell silent; nothing arrived for too long', false);
  if (expired === 'deadline') return passing('deadline', 'the call took longer than its deadline', false);
  if (error instanceof APIConnectionError) {
    const code = codeOf(error);
    const unsent = UNSENT.includes(code);
    return passing(
      unsent ? 'unreachable' : 'reset',
      `no connection (${code || oneLine(error.message)})`,
      unsent,
    );
  }
  if (!(error instanceof APIError)) return passing('broken', `the stream broke off: ${String(error)}`, false);
  if (error.status === undefined)
    return passing('stream_error', `an error inside the stream: ${words(error)}`, false);
  return turnedAway(error, error.status);
}

function turnedAway(error: APIError, status: number): ModelFailure {
  const told = words(error);
  if (status === 401)
    return lasting(
      'key',
      'key',
      `the key is not accepted (401: ${told}); set a valid OPENAI_API_KEY and start again`,
    );
  const unpaid = /insufficient_quota|billing|credit/.test(`${error.code} ${error.type}`);
  if (status === 402 || (unpaid && status !== 403))
    return lasting(
      'account',
      'spend_limit',
      `the account can pay no more (${told}); raise its limit there, then start again`,
    );
  if (status === 429 || status === 408 || status === 409 || status >= 500) {
    const reason = status === 429 ? 'rate_limit' : `http_${status}`;
    // A server's own words say that it did nothing; a gateway's say nothing of what lies behind it.
    return {
      ...passing(reason, `${status}: ${told}`, error.error !== undefined),
      retryAfterMs: retryAfter(error.headers),
    };
  }
  return lasting(
    'request',
    status === 403 ? 'permission' : `http_${status}`,
    `the request is not accepted (${status}: ${told}); correct proposer.model, proposer.baseURL and proposer.answers, then start again`,
  );
}

function retryAfter(headers: Headers | undefined): number | null {
  const text = headers?.get('retry-after') ?? '';
  const seconds = text === '' ? Number.NaN : Number(text);
  return seconds >= 0 ? seconds * 1000 : null;
}

function passing(reason: string, sentence: string, free: boolean): ModelFailure {
  const rest = { fault: 'passing', heard: nothingHeard, retryAfterMs: null } as const;
  return { kind: 'failed', reason: reason.slice(0, 64), sentence, free, ...rest };
}

function lasting(fault: ModelFault, reason: string, sentence: string): ModelFailure {
  return { ...passing(reason, sentence, true), fault };
}

function words(error: APIError): string {
  return oneLine(error.message).slice(0, 200);
}

/** The first system error code in a chain of causes. */
function codeOf(error: unknown): string {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    const { code } = e as NodeJS.ErrnoException;
    if (code) return code;
    const inner = (e as AggregateError).errors?.find((one: NodeJS.ErrnoException) => one.code);
    if (inner) return inner.code;
  }
  return '';
}
