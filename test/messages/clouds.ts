// How two clouds put the Messages API on the wire: their paths, their frames, and their words for what goes wrong.
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { type StreamEvent, sse } from './events.ts';
import type { Fault } from './faults.ts';

interface CloudRefusal {
  readonly status: number;
  /** The exception, or the status in words. */
  readonly code: string;
  readonly message: string;
  readonly retryAfter?: string;
}

/** A request as the Messages API has it, or why it is turned away. */
type Read = { readonly kind: 'ask' | 'count'; readonly body: object } | CloudRefusal;

export interface StandInCloud {
  readonly contentType: string;
  read(request: IncomingMessage, body: string): Read;
  /** A part of a stream. */
  frame(event: StreamEvent): Uint8Array | string;
  /** The beginning of one that never comes whole. */
  readonly torn: Uint8Array | string;
  readonly refusals: Partial<Record<Fault, CloudRefusal>>;
  turnAway(response: ServerResponse, refusal: CloudRefusal): void;
}

/** What the packages make of the version that their SDK speaks. */
const VERSION = '2026-10-21';

/** Claude on Amazon Bedrock. Who may ask: requests with these keys, and of one session where that is given, or with a key of Bedrock. */
export function amazonBedrock(
  region: string,
  keys: Readonly<Record<string, string>>,
  bearer: string | null = null,
): StandInCloud {
  const invalid = (message: string): CloudRefusal => ({ status: 400, code: 'ValidationException', message });
  return {
    contentType: 'application/vnd.amazon.eventstream',
    read(request, body) {
      const { authorization = '' } = request.headers;
      const message = 'The security token included in the request is invalid.';
      const open =
        bearer === null ? signed(request, body, region, keys) : authorization === `Bearer ${bearer}`;
      if (!open) return { status: 403, code: 'UnrecognizedClientException', message };
      const id = /^\/model\/([^/]+)\/invoke-with-response-stream$/.exec(request.url ?? '')?.[1];
      const { anthropic_version, ...asked } = JSON.parse(body);
      if (id === undefined || 'model' in asked || 'stream' in asked) return invalid('wrong path or body');
      if (anthropic_version !== VERSION || 'anthropic_beta' in asked) return invalid('wrong version or beta');
      return { kind: 'ask', body: { ...asked, model: decodeURIComponent(id), stream: true } };
    },
    frame([event, fields]) {
      const error = (fields as { error?: { message: string } }).error;
      if (event === 'error')
        return framed(
          { ':message-type': 'exception', ':exception-type': 'serviceUnavailableException' },
          { message: error!.message },
        );
      const bytes = Buffer.from(JSON.stringify({ type: event, ...fields })).toString('base64');
      return framed({ ':message-type': 'event', ':event-type': 'chunk' }, { bytes, p: 'abcdefgh' });
    },
    torn: Uint8Array.of(0, 0, 1, 0),
    refusals: {
      overloaded: { status: 503, code: 'ServiceUnavailableException', message: 'Try again later' },
      rate_limit: { status: 429, code: 'ThrottlingException', message: 'Too many requests' },
      server_error: { status: 500, code: 'InternalServerException', message: 'An internal error occurred' },
      key_revoked: {
        status: 403,
        code: 'UnrecognizedClientException',
        message: 'The security token included in the request is invalid.',
      },
      forbidden: {
        status: 403,
        code: 'AccessDeniedException',
        message: "You don't have access to the model with the specified model ID.",
      },
      spend_limit: { status: 400, code: 'ServiceQuotaExceededException', message: 'A quota is exceeded' },
      bad_request: invalid('the request is of no use'),
      unknown_model: invalid('The provided model identifier is invalid.'),
      timeout: { status: 408, code: 'ModelTimeoutException', message: 'Processing took too long' },
    },
    turnAway(response, { status, code, message }) {
      response
        .writeHead(status, {
          'content-type': 'application/json',
          'x-amzn-errortype': `${code}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
        })
        .end(JSON.stringify({ message }));
    },
  };
}

/** Claude on Google Vertex AI. Who may ask: requests with one of these tokens. */
export function googleVertex(
  region: string,
  project: string,
  admits: (token: string) => boolean,
): StandInCloud {
  const invalid = (message: string): CloudRefusal => ({ status: 400, code: 'INVALID_ARGUMENT', message });
  const models = `/projects/${project}/locations/${region}/publishers/anthropic/models/`;
  return {
    contentType: 'text/event-stream',
    read({ url = '', headers }, body) {
      const message = 'Request had invalid authentication credentials.';
      const token = (headers.authorization ?? '').replace(/^Bearer /, '');
      if (!admits(token)) return { status: 401, code: 'UNAUTHENTICATED', message };
      const { anthropic_version, ...asked } = JSON.parse(body);
      const betas = 'anthropic_beta' in asked || headers['anthropic-beta'] !== undefined;
      if (anthropic_version !== VERSION || headers['anthropic-version'] !== undefined || betas)
        return invalid('wrong version or beta');
      if (url === `${models}count-tokens:rawPredict`) return { kind: 'count', body: asked };
      const [, id, verb] = (url.startsWith(models) && /^([^/]+):(\w+)$/.exec(url.slice(models.length))) || [];
      if (id === undefined || verb !== 'streamRawPredict' || 'model' in asked)
        return { status: 404, code: 'NOT_FOUND', message: `there is no ${url}` };
      return { kind: 'ask', body: { ...asked, model: decodeURIComponent(id) } };
    },
    frame: sse,
    torn: ': so far\n',
    refusals: {
      overloaded: { status: 503, code: 'UNAVAILABLE', message: 'The service is currently unavailable.' },
      rate_limit: {
        status: 429,
        code: 'RESOURCE_EXHAUSTED',
        message: 'Quota exceeded for online_prediction_input_tokens_per_minute_per_base_model',
        retryAfter: '3',
      },
      server_error: { status: 500, code: 'INTERNAL', message: 'Internal error encountered.' },
      key_revoked: { status: 401, code: 'UNAUTHENTICATED', message: 'Invalid credentials.' },
      forbidden: {
        status: 403,
        code: 'PERMISSION_DENIED',
        message: "Permission 'aiplatform.endpoints.predict' denied",
      },
      bad_request: invalid('the request is of no use'),
      unknown_model: { status: 404, code: 'NOT_FOUND', message: 'Publisher Model was not found' },
      timeout: { status: 504, code: 'DEADLINE_EXCEEDED', message: 'Deadline exceeded' },
    },
    turnAway(response, { status, code, message, retryAfter }) {
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify([{ error: { code: status, message, status: code } }]));
    },
  };
}

/** A message of AWS's event streams: lengths, headers of text, a payload, and sums over both. */
function framed(headers: Readonly<Record<string, string>>, payload: object): Uint8Array {
  const named = Object.entries({ ':content-type': 'application/json', ...headers }).map(([name, value]) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Buffer.byteLength(value));
    return Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(name),
      Buffer.from([7]),
      length,
      Buffer.from(value),
    ]);
  });
  const head = Buffer.concat(named);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  const first = Buffer.concat([prelude, sum(prelude), head, body]);
  return Buffer.concat([first, sum(first)]);
}

function sum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}

/** Whether a request is signed for Bedrock in this region, by Signature Version 4, with one of these keys: id → secret. */
function signed(
  { method, url, headers }: Pick<IncomingMessage, 'method' | 'url'> & { headers: IncomingHttpHeaders },
  body: string,
  region: string,
  keys: Readonly<Record<string, string>>,
): boolean {
  const told =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/bedrock\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
      headers.authorization ?? '',
    );
  const secret = keys[told?.[1] ?? ''];
  if (!told || secret === undefined || told[3] !== region) return false;
  const [, , day, , names, signature] = told as unknown as string[];
  const canonical = [
    method,
    // A path is encoded twice.
    url!.split('/').map(encodeURIComponent).join('/'),
    '',
    ...names!.split(';').map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const scope = `${day}/${region}/bedrock/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day!, region, 'bedrock', 'aws4_request'].reduce<Buffer | string>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `AWS4${secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex') === signature;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
