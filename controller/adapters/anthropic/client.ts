// Calls of the Messages API: streamed, with a deadline and an idle timer. What goes wrong becomes a value.
import { APIError } from '@anthropic-ai/sdk';
import { z } from 'zod';
import type { ModelClient, ModelRequest } from '../../llm/model.ts';
import type { Clock } from '../../ports.ts';
import { CallTimeouts, tapped } from '../call-timeouts.ts';
import { AuthorizedClient } from './authorized.ts';
import { bodyOf } from './body.ts';
import type { ApiCredentials } from './credentials.ts';
import { passing } from './errors.ts';
import { factsOf, nothingKnown } from './facts.ts';
import { Said, streamed } from './stream.ts';

interface AnthropicOptions {
  readonly credentials: ApiCredentials;
  /** null: Anthropic's own. */
  readonly baseURL: string | null;
  readonly clock: Clock;
  /** For a whole call, from sending to the last event. */
  readonly deadlineMs: number;
  /** The longest that nothing at all arrives: a stream that lives sends a ping now and then. */
  readonly idleMs: number;
}

const PROBE_MS = 30_000;
/** Models answer with so many tokens, whichever it is; before more is asked for, the API tells what a model may. */
const SURELY_TOKENS = 32_000;
const UNCOUNTED = passing('uncounted', 'Amazon Bedrock counts no input before a call', true);
const countSchema = z.number().int().nonnegative();

/**
 * Calls the API by these options. Nothing is taken from the environment, but Node's own fetch may know a proxy, and clouds
 * look there for their credentials.
 */
export function anthropicClient({
  credentials,
  baseURL,
  clock,
  deadlineMs,
  idleMs,
}: AnthropicOptions): ModelClient {
  const authorized = new AuthorizedClient(credentials, { baseURL, timeoutMs: deadlineMs });
  const mostOutput = new Map<string, number>();
  /** As long an answer as this model may give; a longer one would be refused. */
  const fitting = async ({ model, maxOutputTokens }: ModelRequest, signal: AbortSignal) => {
    if (maxOutputTokens > SURELY_TOKENS && !mostOutput.has(model)) await made.probe(model, signal);
    return Math.min(maxOutputTokens, mostOutput.get(model) ?? maxOutputTokens);
  };
  const made: ModelClient = {
    async ask(asked, signal) {
      const request = { ...asked, maxOutputTokens: await fitting(asked, signal) };
      const startedMs = clock.now();
      // The machine's clock may have been set back meanwhile.
      const seconds = () => (clock.now() - startedMs) / 1000;
      const said = new Said();
      const timeouts = new CallTimeouts(clock, deadlineMs, idleMs, signal);
      try {
        const fetch = tapped(() => timeouts.heard());
        await authorized.do((one) => streamed(one.streams(fetch), request, timeouts, said), timeouts.signal);
        const { text, stopReason, category, surcharge } = said;
        const usage = said.whole ? said.usage : null;
        return {
          ...{ kind: 'answered', text, stopReason, category, usage, surcharge },
          seconds: Math.max(0, seconds()),
        };
      } catch (error) {
        signal.throwIfAborted();
        const { usage, surcharge } = said;
        const took = seconds();
        const heard = { usage, surcharge, seconds: took < 0 ? null : took };
        return { ...authorized.failureOf(error, timeouts.expired), heard };
      } finally {
        timeouts.end();
      }
    },
    async probe(model, signal) {
      const timeouts = new CallTimeouts(clock, PROBE_MS, PROBE_MS, signal);
      try {
        const facts = factsOf(await authorized.do((one) => one.probe(model, timeouts), timeouts.signal));
        if (facts.mostOutputTokens !== null) mostOutput.set(model, facts.mostOutputTokens);
        return facts;
      } catch (error) {
        signal.throwIfAborted();
        const failure = authorized.failureOf(error, timeouts.expired);
        // A gateway need not know this question; that it says so is an answer.
        const answered = failure.fault === 'request' || (error instanceof APIError && error.status === 501);
        return answered ? nothingKnown : failure;
      } finally {
        timeouts.end();
      }
    },
    async count(request, signal) {
      const timeouts = new CallTimeouts(clock, PROBE_MS, PROBE_MS, signal);
      try {
        const counted = await authorized.do(
          async (one) => one.count?.(bodyOf(request), timeouts),
          timeouts.signal,
        );
        if (counted === undefined) return UNCOUNTED;
        return { kind: 'counted', inputTokens: countSchema.parse(counted.input_tokens) };
      } catch (error) {
        signal.throwIfAborted();
        const failure = authorized.failureOf(error, timeouts.expired);
        // Google asks for the same permission to count as to answer.
        const forbidden = 'vertex' in credentials && failure.reason === 'permission';
        const told =
          error instanceof APIError &&
          ['authentication_error', 'permission_error', 'not_found_error', 'billing_error'].includes(
            error.type ?? '',
          );
        // What is wrong with the question alone says nothing of the call that it is about.
        return told || forbidden || failure.fault === 'key' ? failure : { ...failure, fault: 'passing' };
      } finally {
        timeouts.end();
      }
    },
  };
  return made;
}
