// A stand-in for the Messages API: real HTTP and server-sent events on the loopback, answers as a script has them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { PromptCache, tokensIn } from './cache.ts';
import type { StandInCloud } from './clouds.ts';
import { eventsOf, type ScriptedAnswer, type StreamEvent, sse } from './events.ts';
import { type Break, breakOf, type Fault, refuse, turnAway } from './faults.ts';
import type { Federation } from './federation.ts';
import { mostOutput, VERSION, whyRefused } from './models.ts';

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
const countSchema = requestSchema
  .omit({ max_tokens: true, stream: true })
  .partial({ system: true, output_config: true });
export type Asked = z.infer<typeof requestSchema> & { readonly apiKey: string };

/** One answer of the script. */
export type Said = { readonly fault: Fault } | ScriptedAnswer;

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
  /** Where set, a token of it must be exchanged for one of the API's, and a key opens nothing. */
  federation: Federation | null = null;
  /** Where set, it speaks as this cloud does. */
  cloud: StandInCloud | null = null;
  /** Tokens of all answers that were given: what the account is charged for. */
  readonly charged = { input: 0, read: 0, written: 0, output: 0 };
  readonly #each: { input: number; read: number; written: number; output: number }[] = [];
  /** Requests that are being answered. */
  busy = 0;
  /** Streams that say nothing more, or nothing but pings, until the client goes. */
  mute = 0;
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
    if (request.url === '/v1/oauth/token') return this.#exchanged(request, response);
    if (this.federation !== null && !this.federation.admits(request.headers)) {
      const message = 'invalid bearer token';
      return turnAway(response, { status: 401, type: 'authentication_error', message });
    }
    if (request.method === 'GET' && request.url?.startsWith('/v1/models/'))
      return this.#probed(request.url.split('/').at(-1)!, response);
    const body = await text(request).catch(() => null);
    if (body === null) return;
    if (this.cloud !== null) return this.#answerOf(this.cloud, request, body, response);
    if (request.url === '/v1/messages/count_tokens') return this.#counted(JSON.parse(body), response);
    const { authorization = '', 'anthropic-version': version, 'anthropic-beta': beta } = request.headers;
    const known = this.federation === null ? beta === undefined : true;
    if (request.url !== '/v1/messages' || version !== VERSION || !known) {
      const message = 'wrong path, version or beta';
      return turnAway(response, { status: 400, type: 'invalid_request_error', message });
    }
    await this.#ask(JSON.parse(body), authorization.replace(/^Bearer /, ''), response);
  }

  async #answerOf(
    cloud: StandInCloud,
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> {
    const read = cloud.read(request, body);
    if (!('kind' in read)) return cloud.turnAway(response, read);
    if (read.kind === 'count') return this.#counted(read.body, response);
    await this.#ask(read.body, request.headers.authorization ?? '', response);
  }

  async #ask(body: unknown, apiKey: string, response: ServerResponse): Promise<void> {
    const read = requestSchema.safeParse(body);
    if (!read.success) {
      const message = z.prettifyError(read.error);
      return turnAway(response, { status: 400, type: 'invalid_request_error', message });
    }
    const unfit = whyRefused(read.data.model, read.data.output_config.effort, read.data.max_tokens);
    if (unfit !== null) return turnAway(response, unfit);
    const asked = { ...read.data, apiKey };
    this.asked.push(asked);
    const said = await this.#script(asked, this.asked.length);
    if ('fault' in said && this.#refuse(response, said.fault)) return;
    this.#stream(asked, said, response);
  }

  #refuse(response: ServerResponse, fault: Fault): boolean {
    const refusal = this.cloud?.refusals[fault];
    if (refusal === undefined) return refuse(response, fault);
    this.cloud!.turnAway(response, refusal);
    return true;
  }

  async #exchanged(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const said = this.federation?.exchange(request.headers, JSON.parse(await text(request)));
    const { status, body } = said ?? { status: 404, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #probed(id: string, response: ServerResponse): void {
    this.probes++;
    const fault = this.silent();
    if (fault && this.#refuse(response, fault)) return;
    const always = { type: 'model', id, display_name: id, created_at: '2026-01-01T00:00:00Z' };
    const model = { ...always, max_tokens: mostOutput(id), ...this.facts };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(model));
  }

  /** The input of a request, for nothing. */
  #counted(body: unknown, response: ServerResponse): void {
    this.counts++;
    const read = countSchema.safeParse(body);
    const fault = read.success ? this.silent() : 'bad_request';
    if (fault && this.#refuse(response, fault)) return;
    const input_tokens = blocksOf(read.data!).reduce((sum, { text }) => sum + tokensIn(text), 0);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ input_tokens }));
  }

  #stream(asked: Asked, said: Said, response: ServerResponse): void {
    const tokens = this.#cache.account(asked.model, blocksOf(asked), this.#now());
    const frame = this.cloud?.frame ?? sse;
    const send = (event: StreamEvent) => response.write(frame(event));
    const contentType = this.cloud?.contentType ?? 'text/event-stream';
    response.writeHead(200, { 'content-type': contentType, 'request-id': 'req_stand_in' });
    response.flushHeaders();
    const { how, after } = 'fault' in said ? breakOf(said.fault) : { how: null, after: 0 };
    const { events, outputTokens } = eventsOf(asked, 'fault' in said ? BROKEN : said, tokens);
    if (how !== null) {
      for (const event of events.slice(0, after)) send(event);
      return this.#breakOff(how, response, send);
    }
    for (const event of events) send(event);
    response.end();
    this.charged.input += tokens.input;
    this.charged.read += tokens.read;
    this.charged.written += tokens.written;
    this.charged.output += outputTokens;
    this.#each.push({ ...tokens, output: outputTokens });
  }

  /** A silent stream stays open until the client goes. */
  #breakOff(how: Break, response: ServerResponse, send: (event: StreamEvent) => void): void {
    if (how === 'reset') response.write(this.cloud?.torn ?? ': so far\n', () => response.socket?.destroy());
    if (how === 'cut') response.end();
    if (how === 'overloaded') {
      send(['error', { error: { type: 'overloaded_error', message: 'Overloaded' } }]);
      response.end();
    }
    if (how !== 'silent' && how !== 'pings') return;
    this.mute++;
    const pings = how === 'pings' ? setInterval(() => send(['ping', {}]), 5) : undefined;
    response.once('close', () => {
      this.mute--;
      clearInterval(pings);
    });
  }
}

/** What a stream that breaks off would have said. */
const BROKEN = { answer: { description: 'what nobody will read' }, thinkingTokens: 40 };

function blocksOf({ system = [], messages, output_config }: z.infer<typeof countSchema>) {
  return [
    { text: JSON.stringify(output_config ?? {}), ttl: null },
    ...system.map((one) => ({ text: one.text, ttl: one.cache_control?.ttl ?? null })),
    ...messages.map((message) => ({ text: message.content, ttl: null })),
  ];
}
