// What goes wrong with the Messages API, by name.
import type { ServerResponse } from 'node:http';

export type Fault =
  | 'overloaded'
  | 'rate_limit'
  | 'rate_limit_for_ever'
  | 'server_error'
  | 'bad_gateway'
  | 'no_such_path'
  | 'no_such_method'
  | 'key_revoked'
  | 'forbidden'
  | 'spend_limit'
  | 'no_credit'
  | 'unknown_model'
  | 'bad_request'
  | 'reset'
  | 'reset_midway'
  | 'overloaded_in_stream'
  | 'silent'
  | 'only_pings'
  | 'cut_short'
  | 'billing'
  | 'too_large'
  | 'timeout'
  /** After so many events of the stream. */
  | `${Break}_at_${number}`;

/** How a stream breaks off. */
export type Break = 'cut' | 'reset' | 'overloaded' | 'silent' | 'pings';

/** After its first event and a ping. */
const MIDWAY: Partial<Record<Fault, Break>> = {
  reset_midway: 'reset',
  overloaded_in_stream: 'overloaded',
  silent: 'silent',
  only_pings: 'pings',
  cut_short: 'cut',
};

/** How, and after how many events, a fault breaks a stream off. */
export function breakOf(fault: Fault): { readonly how: Break; readonly after: number } {
  const midway = MIDWAY[fault];
  if (midway) return { how: midway, after: 2 };
  const [, how, after] = /^(\w+)_at_(\d+)$/.exec(fault) ?? [];
  if (how === undefined) throw new Error(`there is no fault ${fault}`);
  return { how: how as Break, after: Number(after) };
}

interface Refused {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly headers?: Record<string, string>;
}

const REFUSED: Partial<Record<Fault, Refused>> = {
  overloaded: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  rate_limit: {
    status: 429,
    type: 'rate_limit_error',
    message: 'Too many requests',
    headers: { 'retry-after': '3' },
  },
  rate_limit_for_ever: {
    status: 429,
    type: 'rate_limit_error',
    message: 'Too many requests',
    headers: { 'retry-after': '31536000' },
  },
  server_error: { status: 500, type: 'api_error', message: 'Internal server error' },
  key_revoked: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  forbidden: { status: 403, type: 'permission_error', message: 'Your key may not use this model' },
  spend_limit: {
    status: 429,
    type: 'rate_limit_error',
    message: 'You have reached your API usage limit for this month',
    code: 'enforced_spend_limit_reached',
    headers: { 'retry-after': '1' },
  },
  no_credit: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Your credit balance is too low to access the API',
  },
  bad_request: { status: 400, type: 'invalid_request_error', message: 'the request is of no use' },
  billing: { status: 402, type: 'billing_error', message: 'There is a problem with your billing' },
  too_large: { status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size' },
  timeout: { status: 504, type: 'timeout_error', message: 'The request took too long' },
  unknown_model: { status: 404, type: 'not_found_error', message: 'model: claude-of-yesteryear' },
};

/** Answers with the fault, where it needs no stream. False: it comes later, in the stream. */
export function refuse(response: ServerResponse, fault: Fault): boolean {
  if (fault === 'reset') {
    response.socket?.resetAndDestroy();
    return true;
  }
  if (fault === 'bad_gateway') {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>502 Bad Gateway</h1></html>');
    return true;
  }
  if (fault === 'no_such_path' || fault === 'no_such_method') {
    const status = fault === 'no_such_path' ? 404 : 405;
    response.writeHead(status, { 'content-type': 'application/json' }).end('{"detail":"Not here"}');
    return true;
  }
  const refused = REFUSED[fault];
  if (!refused) return false;
  turnAway(response, refused);
  return true;
}

/** An error in the API's own words. */
export function turnAway(response: ServerResponse, refused: Refused): void {
  const { status, type, message, code, headers } = refused;
  const error = { type, message, ...(code && { details: { error_code: code } }) };
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ type: 'error', error, request_id: 'req_stand_in' }));
}
