// Chat completions: streamed, with a deadline and an idle timer. What goes wrong becomes a value.
import OpenAI, { APIError } from 'openai';
import type { ModelClient, ModelFacts, ModelFailure } from '../../llm/model.ts';
import { nothingHeard } from '../../llm/model.ts';
import type { Clock } from '../../ports.ts';
import { CallTimeouts, tapped } from '../call-timeouts.ts';
import { type Answers, bodyOf } from './body.ts';
import { failureOf } from './errors.ts';
import { CompletionSoFar } from './said.ts';

interface OpenaiOptions {
  readonly apiKey: string;
  /** null: OpenAI's own. */
  readonly baseURL: string | null;
  readonly answers: Answers;
  readonly clock: Clock;
  /** For a whole call, from sending to the last chunk. */
  readonly deadlineMs: number;
  /** The longest that nothing at all arrives. */
  readonly idleMs: number;
}

const PROBE_MS = 30_000;

/** Nobody here counts a prompt for nothing. */
const UNCOUNTED: ModelFailure = {
  kind: 'failed',
  reason: 'uncounted',
  sentence: 'the interface counts no tokens before a call',
  fault: 'passing',
  free: true,
  heard: nothingHeard,
  retryAfterMs: null,
};

/** Calls the interface by these options. Nothing is taken from the environment, but Node's own fetch may know a proxy. */
export function openaiClient(options: OpenaiOptions): ModelClient {
  const { apiKey, baseURL, answers, clock, deadlineMs, idleMs } = options;
  const client = new OpenAI({
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseURL ?? 'https://api.openai.com/v1',
    maxRetries: 0, // ours is the only loop of retries
    timeout: deadlineMs,
    logLevel: 'off',
  });
  return {
    async ask(request, signal) {
      const startedMs = clock.now();
      const said = new CompletionSoFar();
      const timeouts = new CallTimeouts(clock, deadlineMs, idleMs, signal);
      const seconds = () => (clock.now() - startedMs) / 1000;
      try {
        const listening = client.withOptions({ fetch: tapped(() => timeouts.heard()) });
        const body = bodyOf(request, answers, baseURL !== null);
        const stream = await listening.chat.completions.create(body, { signal: timeouts.signal });
        for await (const chunk of stream) said.take(chunk);
        if (said.stopReason === '') throw new Error('it ended before the answer did');
        const { text, stopReason, category, usage } = said;
        const told = { text, stopReason, category, usage, surcharge: 1 };
        return { kind: 'answered', ...told, seconds: Math.max(0, seconds()) };
      } catch (error) {
        signal.throwIfAborted();
        const took = seconds();
        const heard = { ...nothingHeard, seconds: took < 0 ? null : took };
        return { ...failureOf(error, timeouts.expired), heard };
      } finally {
        timeouts.end();
      }
    },
    async probe(model, signal) {
      const timeouts = new CallTimeouts(clock, PROBE_MS, PROBE_MS, signal);
      try {
        await client.models.retrieve(model, { signal: timeouts.signal });
        return facts(true);
      } catch (error) {
        signal.throwIfAborted();
        const failed = failureOf(error, timeouts.expired);
        // A server need not know this question; one that knows it says that it has no such model.
        const unknown = error instanceof APIError && error.code === 'model_not_found';
        return failed.fault === 'request' && !unknown ? facts(false) : failed;
      } finally {
        timeouts.end();
      }
    },
    async count(_request, signal) {
      signal.throwIfAborted();
      return UNCOUNTED;
    },
  };
}

function facts(known: boolean): ModelFacts {
  const silent = { retired: false, structured: null, efforts: null, mostOutputTokens: null };
  return { kind: 'facts', known, ...silent };
}
