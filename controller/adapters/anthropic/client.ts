// One call of the Messages API: streamed, with a deadline and an idle timer. What goes wrong becomes a value.
import Anthropic, { NotFoundError } from '@anthropic-ai/sdk';
import { type Usage, usageSchema } from '../../core/money.ts';
import type { ModelClient, ModelRequest } from '../../llm/model.ts';
import type { Clock } from '../../ports.ts';
import { answerFormat } from './answer-format.ts';
import { failureOf } from './errors.ts';

interface AnthropicOptions {
  readonly apiKey: string;
  /** null: Anthropic's own. */
  readonly baseURL: string | null;
  readonly clock: Clock;
  /** For a whole call, from sending to the last event. */
  readonly deadlineMs: number;
  /** The longest that nothing at all arrives: a stream that lives sends a ping now and then. */
  readonly idleMs: number;
}

const PROBE_MS = 30_000;

/** Calls the API by these options. Nothing is taken from the environment, but Node's own fetch may know a proxy. */
export function anthropicClient({
  apiKey,
  baseURL,
  clock,
  deadlineMs,
  idleMs,
}: AnthropicOptions): ModelClient {
  const client = new Anthropic({
    apiKey,
    authToken: null,
    baseURL: baseURL ?? 'https://api.anthropic.com',
    maxRetries: 0, // ours is the only loop of retries
    timeout: deadlineMs,
    logLevel: 'off',
  });
  return {
    async ask(request, signal) {
      const startedMs = clock.now();
      const timeouts = new CallTimeouts(clock, deadlineMs, idleMs, signal);
      try {
        const said = await streamed(
          client.withOptions({ fetch: tapped(() => timeouts.heard()) }),
          request,
          timeouts,
        );
        // The machine's clock may have been set back meanwhile.
        const seconds = Math.max(0, clock.now() - startedMs) / 1000;
        return { kind: 'answered', ...said, seconds };
      } catch (error) {
        signal.throwIfAborted();
        return failureOf(error, timeouts.expired);
      } finally {
        timeouts.end();
      }
    },
    async probe(model, signal) {
      const timeouts = new CallTimeouts(clock, PROBE_MS, PROBE_MS, signal);
      try {
        await client.models.retrieve(model, {}, { signal: timeouts.signal });
        return null;
      } catch (error) {
        signal.throwIfAborted();
        // A gateway need not know this question; that it says so is an answer.
        if (error instanceof NotFoundError) return null;
        return failureOf(error, timeouts.expired);
      } finally {
        timeouts.end();
      }
    },
  };
}

/** The whole of an answer, put together as it comes; throws where the stream ends before the answer does. */
async function streamed(client: Anthropic, request: ModelRequest, timeouts: CallTimeouts) {
  const said = { text: '', stopReason: '', category: '', usage: null as Usage | null };
  let started: Anthropic.Usage | null = null;
  const body = { ...bodyOf(request), stream: true as const };
  for await (const event of await client.messages.create(body, { signal: timeouts.signal })) {
    if (event.type === 'message_start') started = event.message.usage ?? null;
    else if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
      said.text += event.delta.text;
    else if (event.type === 'message_delta') {
      said.stopReason = event.delta.stop_reason ?? '';
      said.category = event.delta.stop_details?.category ?? '';
      // Nothing makes a proxy tell what was used.
      if (started && event.usage) said.usage = usageOf(started, event.usage.output_tokens);
    } else if (event.type === 'message_stop') return said;
  }
  throw new Error('it ended before the answer did');
}

/** The input is told at the beginning, the output at the end. Whatever the types say, a gateway may tell anything. */
function usageOf(started: Anthropic.Usage, outputTokens: number): Usage | null {
  const told = usageSchema.safeParse({
    inputTokens: started.input_tokens,
    cacheReadTokens: started.cache_read_input_tokens ?? 0,
    cacheWriteTokens: started.cache_creation_input_tokens ?? 0,
    outputTokens,
  });
  return told.success ? told.data : null;
}

function bodyOf({ model, effort, maxOutputTokens, cacheTtl, prompt, corrections }: ModelRequest) {
  const cache = { cache_control: { type: 'ephemeral' as const, ttl: cacheTtl } };
  return {
    model,
    max_tokens: maxOutputTokens,
    output_config: { effort, format: answerFormat },
    system: prompt.system.map(({ text, cached }) => ({
      type: 'text' as const,
      text,
      ...(cached ? cache : {}),
    })),
    messages: [
      { role: 'user' as const, content: prompt.user },
      ...corrections.flatMap(({ answer, refusal }) => [
        { role: 'assistant' as const, content: answer || '(no answer)' },
        { role: 'user' as const, content: refusal },
      ]),
    ],
  };
}

/** Ends a call that takes too long or falls silent. */
class CallTimeouts {
  readonly signal: AbortSignal;
  /** Which of both ended it; null while it lives. */
  expired: 'deadline' | 'idle' | null = null;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #over = new AbortController();
  #silence = new AbortController();

  constructor(clock: Clock, deadlineMs: number, idleMs: number, asked: AbortSignal) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.signal = AbortSignal.any([asked, this.#over.signal]);
    this.#after(deadlineMs, this.#over.signal, 'deadline');
    this.#listen();
  }

  heard(): void {
    this.#silence.abort();
    this.#listen();
  }

  end(): void {
    this.#over.abort();
    this.#silence.abort();
  }

  #listen(): void {
    this.#silence = new AbortController();
    this.#after(this.#idleMs, this.#silence.signal, 'idle');
  }

  #after(ms: number, cancelled: AbortSignal, what: 'deadline' | 'idle'): void {
    void this.#clock.sleep(ms, cancelled).then(() => {
      if (cancelled.aborted || this.#over.signal.aborted) return;
      this.expired = what;
      this.#over.abort();
    });
  }
}

/** A fetch that tells of everything that arrives, pings and all, which the SDK keeps to itself. */
function tapped(heard: () => void): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    heard();
    if (!response.body) return response;
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          heard();
          controller.enqueue(chunk);
        },
      }),
    );
    return new Response(body, response);
  };
}
