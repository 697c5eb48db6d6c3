// A stand-in for the Messages API: real HTTP and server-sent events on the loopback, answers as a script has them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { PromptCache, tokensIn } from './cache.ts';
import { type Fault, midway, refuse } from './faults.ts';

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']) });
const block = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1),
  cache_control: cacheControl.optional(),
});

/** Requests of another shape are refused, as the API would. */
const requestSchema = z.strictObject({
  model: z.string(),
  max_tokens: z.number().int().positive(),
  stream: z.literal(true),
  system: z.array(block),
  messages: z
    .array(z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string().min(1) }))
    .min(1),
  output_config: z.strictObject({
    effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional(),
    format: z.strictObject({
      type: z.literal('json_schema'),
      schema: z.looseObject({ type: z.literal('object'), additionalProperties: z.literal(false) }),
    }),
  }),
});
export type Asked = z.infer<typeof requestSchema> & { readonly apiKey: string };

/** One answer of the script. */
export type Said =
  | { readonly fault: Fault }
  | {
      /** An object is sent as JSON; text as it is. */
      readonly answer: object | string;
      readonly stopReason?: string;
      /** Of a refusal. */
      readonly category?: string;
      /** Thinking, which is paid and not shown. */
      readonly thinkingTokens?: number;
      /** The API forgets to say what was used. */
      readonly withoutUsage?: boolean;
      /** What a gateway tells instead of the true counts; undefined is left out. */
      readonly told?: Readonly<Record<string, unknown>>;
    };

/** `n` counts requests from 1. */
export type Script = (asked: Asked, n: number) => Said | Promise<Said>;

export class MessagesServer {
  readonly asked: Asked[] = [];
  /** Questions that cost nothing; `silent` is what they meet. */
  probes = 0;
  counts = 0;
  /** What is told of every model, besides its id. */
  facts: Readonly<Record<string, unknown>> = {};
  silent: () => Fault | null = () => null;
  /** Tokens of all answers that were given: what the account is charged for. */
  readonly charged = { input: 0, read: 0, written: 0, output: 0 };
  readonly #each: { input: number; read: number; written: number; output: number }[] = [];
  /** Requests that are being answered. */
  busy = 0;
  readonly #script: Script;
  readonly #now: () => number;
  readonly #cache = new PromptCache();
  readonly #server: Server;

  constructor(script: Script, now: () => number = Date.now) {
    this.#script = script;
    this.#now = now;
    this.#server = createServer((request, response) => {
      this.busy++;
      response.once('close', () => this.busy--);
      void this.#answer(request, response);
    });
  }

  /** Its address, once it listens. */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Input tokens of all answers after the first, by kind; output tokens of each. */
  tokens(): { later: { input: number; read: number; written: number }; output: number[] } {
    const later = { input: 0, read: 0, written: 0 };
    for (const { input, read, written } of this.#each.slice(1)) {
      later.input += input;
      later.read += read;
      later.written += written;
    }
    return { later, output: this.#each.map((one) => one.output) };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'GET' && request.url?.startsWith('/v1/models/'))
      return this.#probed(request.url.split('/').at(-1)!, response);
    const body = await text(request).catch(() => null);
    if (body === null) return;
    if (request.url === '/v1/messages/count_tokens') return this.#counted(body, response);
    const read = requestSchema.safeParse(JSON.parse(body));
    const apiKey = String(request.headers['x-api-key'] ?? '');
    if (request.url !== '/v1/messages' || !request.headers['anthropic-version'] || !read.success) {
      const message = read.success ? 'wrong path or headers' : z.prettifyError(read.error);
      const error = { type: 'invalid_request_error', message };
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ type: 'error', error }));
      return;
    }
    const asked = { ...read.data, apiKey };
    this.asked.push(asked);
    const said = await this.#script(asked, this.asked.length);
    if ('fault' in said && refuse(response, said.fault)) return;
    this.#stream(asked, said, response);
  }

  #probed(id: string, response: ServerResponse): void {
    this.probes++;
    const fault = this.silent();
    if (fault && refuse(response, fault)) return;
    const model = { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z', ...this.facts };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(model));
  }

  /** The input of a request, for nothing. */
  #counted(body: string, response: ServerResponse): void {
    this.counts++;
    const read = requestSchema.omit({ max_tokens: true, stream: true }).safeParse(JSON.parse(body));
    const fault = read.success ? this.silent() : 'bad_request';
    if (fault && refuse(response, fault)) return;
    const input_tokens = blocksOf(read.data!).reduce((sum, { text }) => sum + tokensIn(text), 0);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ input_tokens }));
  }

  #stream(asked: Asked, said: Said, response: ServerResponse): void {
    const tokens = this.#cache.account(asked.model, blocksOf(asked), this.#now());
    const usage = {
      input_tokens: tokens.input,
      cache_read_input_tokens: tokens.read,
      cache_creation_input_tokens: tokens.written,
      output_tokens: 1,
    };
    const send = (event: string, fields: object) =>
      response.write(`event: ${event}\ndata: ${JSON.stringify({ type: event, ...fields })}\n\n`);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_stand_in' });
    const head = {
      id: 'msg_stand_in',
      type: 'message',
      role: 'assistant',
      model: asked.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
    };
    const quiet = 'answer' in said && said.withoutUsage === true;
    const told = 'answer' in said ? said.told : {};
    send('message_start', { message: { ...head, ...(quiet ? {} : { usage: { ...usage, ...told } }) } });
    send('ping', {});
    if ('fault' in said) return this.#breakOff(said.fault, response, send);
    const { stopReason = 'end_turn', category, thinkingTokens = 0 } = said;
    const whole = typeof said.answer === 'string' ? said.answer : JSON.stringify(said.answer);
    const shown = stopReason === 'max_tokens' ? whole.slice(0, 4 * asked.max_tokens) : whole;
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    for (let at = 0; at < shown.length; at += 400)
      send('content_block_delta', {
        index: 0,
        delta: { type: 'text_delta', text: shown.slice(at, at + 400) },
      });
    send('content_block_stop', { index: 0 });
    const output_tokens = thinkingTokens + tokensIn(shown);
    const stop_details = category ? { type: 'refusal', category } : null;
    send('message_delta', {
      delta: { stop_reason: stopReason, stop_sequence: null, stop_details },
      ...(quiet ? {} : { usage: { ...usage, output_tokens, ...told } }),
    });
    send('message_stop', {});
    response.end();
    this.charged.input += tokens.input;
    this.charged.read += tokens.read;
    this.charged.written += tokens.written;
    this.charged.output += output_tokens;
    this.#each.push({ ...tokens, output: output_tokens });
  }

  /** A silent stream stays open until the client goes. */
  #breakOff(fault: Fault, response: ServerResponse, send: (event: string, fields: object) => void): void {
    if (!midway.includes(fault)) throw new Error(`there is no fault ${fault}`);
    if (fault === 'reset_midway') response.write(': so far\n', () => response.socket?.destroy());
    if (fault === 'cut_short') response.end();
    if (fault === 'overloaded_in_stream') {
      send('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
      response.end();
    }
    if (fault === 'only_pings') {
      const pings = setInterval(() => send('ping', {}), 5);
      response.once('close', () => clearInterval(pings));
    }
  }
}

function blocksOf({ system, messages, output_config }: Pick<Asked, 'system' | 'messages' | 'output_config'>) {
  return [
    { text: JSON.stringify(output_config), ttl: null },
    ...system.map((one) => ({ text: one.text, ttl: one.cache_control?.ttl ?? null })),
    ...messages.map((message) => ({ text: message.content, ttl: null })),
  ];
}
