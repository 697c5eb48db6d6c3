// A stand-in for chat completions: real HTTP and server-sent events on the loopback, as strict as the interface.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

const message = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1),
});

/** What is sent to anybody; how long an answer may be has two names. */
const requestSchema = z
  .strictObject({
    model: z.string().min(1),
    stream: z.literal(true),
    stream_options: z.strictObject({ include_usage: z.literal(true) }),
    max_tokens: z.number().int().positive().optional(),
    max_completion_tokens: z.number().int().positive().optional(),
    reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).optional(),
    response_format: z
      .union([
        z.strictObject({ type: z.literal('json_object') }),
        z.strictObject({
          type: z.literal('json_schema'),
          json_schema: z.strictObject({
            name: z.string().regex(/^[\w-]{1,64}$/),
            strict: z.literal(true),
            schema: z.record(z.string(), z.unknown()).refine(isStrict, 'a schema that is not strict'),
          }),
        }),
      ])
      .optional(),
    messages: z.array(message).min(2),
  })
  .refine((asked) => (asked.max_tokens === undefined) !== (asked.max_completion_tokens === undefined))
  .refine(
    (asked) => asked.response_format?.type !== 'json_object' || /JSON/.test(JSON.stringify(asked.messages)),
    'json_object needs the word JSON in the messages',
  );

export type Completion = z.infer<typeof requestSchema>;

/** In strict mode each object names all of its keys as required and allows no others. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (schema === null || typeof schema !== 'object') return true;
  const { type, properties, required, additionalProperties, $schema } = schema as Record<string, unknown>;
  if ($schema !== undefined) return false;
  if (type === 'object') {
    const names = Object.keys(properties as object);
    if (additionalProperties !== false || JSON.stringify(names) !== JSON.stringify(required)) return false;
  }
  return Object.values(schema).every(isStrict);
}

export type CompletionFault =
  | 'key_revoked'
  | 'forbidden'
  | 'no_quota'
  | 'payment_required'
  | 'unknown_model'
  | 'bad_request'
  | 'too_large'
  | 'rate_limit'
  | 'server_error'
  | 'bad_gateway'
  | 'reset'
  | 'reset_midway'
  | 'error_in_stream'
  | 'cut_short'
  | 'silent';

const REFUSED: Partial<Record<CompletionFault, [status: number, error: object, headers?: object]>> = {
  key_revoked: [
    401,
    { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' },
  ],
  forbidden: [403, { message: 'Country not supported', type: 'request_forbidden', code: 'unsupported' }],
  no_quota: [
    429,
    { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' },
  ],
  payment_required: [402, { message: 'Insufficient credits', code: 402 }],
  unknown_model: [
    404,
    { message: 'The model does not exist', type: 'invalid_request_error', code: 'model_not_found' },
  ],
  bad_request: [400, { message: 'Unrecognized request argument', type: 'invalid_request_error', code: null }],
  too_large: [413, { message: 'Request too large', type: 'invalid_request_error', code: null }],
  rate_limit: [
    429,
    { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' },
    { 'retry-after': '3' },
  ],
  server_error: [500, { message: 'The server had an error', type: 'server_error', code: null }],
};

export type CompletionSaid =
  | { readonly fault: CompletionFault }
  | {
      readonly answer: object | string;
      readonly finish?: string;
      readonly refusal?: string;
      /** Undefined: four characters a token. Null: nothing is told. */
      readonly usage?: object | null;
    };

export class CompletionsServer {
  readonly asked: Completion[] = [];
  readonly keys: string[] = [];
  /** Why requests were not of the right shape. */
  readonly wrong: string[] = [];
  probes = 0;
  /** What questions about a model meet; `no_models` knows no such question. */
  silent: () => CompletionFault | 'no_models' | null = () => null;
  readonly #script: (asked: Completion, n: number) => CompletionSaid;
  readonly #server: Server;

  constructor(script: (asked: Completion, n: number) => CompletionSaid) {
    this.#script = script;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** Its address, once it listens. */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.keys.push(request.headers.authorization ?? '');
    if (request.method === 'GET' && request.url?.startsWith('/v1/models/')) {
      this.probes++;
      const fault = this.silent();
      if (fault === 'no_models') return void response.writeHead(404).end('404 page not found');
      if (fault !== null) return void this.#refuse(fault, response);
      const model = { id: request.url.split('/').at(-1), object: 'model', created: 0, owned_by: 'a person' };
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(model));
    }
    const body = await text(request).catch(() => null);
    if (body === null) return;
    const read = requestSchema.safeParse(JSON.parse(body));
    if (request.url !== '/v1/chat/completions' || !read.success) {
      this.wrong.push(read.success ? request.url! : z.prettifyError(read.error));
      return void this.#refuse('bad_request', response);
    }
    this.asked.push(read.data);
    const said = this.#script(read.data, this.asked.length);
    if ('fault' in said && this.#refuse(said.fault, response)) return;
    this.#stream(read.data, said, response);
  }

  #refuse(fault: CompletionFault, response: ServerResponse): boolean {
    if (fault === 'reset') {
      response.socket?.resetAndDestroy();
      return true;
    }
    if (fault === 'bad_gateway') {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>502</html>');
      return true;
    }
    const refused = REFUSED[fault];
    if (!refused) return false;
    const [status, error, headers] = refused;
    response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error }));
    return true;
  }

  #stream({ model, messages }: Completion, said: CompletionSaid, response: ServerResponse): void {
    const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 0, model };
    const send = (fields: object) => response.write(`data: ${JSON.stringify({ ...head, ...fields })}\n\n`);
    const delta = (fields: object, finish_reason: string | null = null) =>
      send({ choices: [{ index: 0, delta: fields, finish_reason }], usage: null });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    delta({ role: 'assistant', content: '' });
    if ('fault' in said) {
      delta({ content: '{"descr' });
      if (said.fault === 'reset_midway') response.write(': so far\n', () => response.socket?.destroy());
      else if (said.fault === 'cut_short') response.end();
      else if (said.fault === 'error_in_stream') {
        response.write(
          `data: ${JSON.stringify({ error: { message: 'overloaded', type: 'server_error' } })}\n\n`,
        );
        response.end();
      } else if (said.fault !== 'silent') throw new Error(`there is no fault ${said.fault}`);
      return;
    }
    const whole = typeof said.answer === 'string' ? said.answer : JSON.stringify(said.answer);
    for (let at = 0; at < whole.length; at += 400) delta({ content: whole.slice(at, at + 400) });
    if (said.refusal) delta({ refusal: said.refusal });
    delta({}, said.finish ?? 'stop');
    const prompt_tokens = Math.ceil(messages.reduce((sum, { content }) => sum + content.length, 0) / 4);
    const usage = said.usage ?? {
      prompt_tokens,
      completion_tokens: Math.ceil(whole.length / 4),
      total_tokens: prompt_tokens + Math.ceil(whole.length / 4),
      prompt_tokens_details: { cached_tokens: Math.floor(prompt_tokens / 2) },
    };
    if (said.usage !== null) send({ choices: [], usage });
    response.end('data: [DONE]\n\n');
  }
}
