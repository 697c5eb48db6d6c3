// Where Claude is asked: what Anthropic's API, Amazon Bedrock and Google Vertex AI have in common, and what only some tell.
import type Anthropic from '@anthropic-ai/sdk';
import type { ModelFailure } from '../../llm/model.ts';
import type { bodyOf } from './body.ts';

/** What every client of the SDK is made with, whichever package it is from. */
export interface Calls {
  readonly baseURL: string | null;
  readonly timeoutMs: number;
}

/** Ours is the only loop of retries; and nothing is logged or traced, whatever the environment says. */
export const QUIET = { maxRetries: 0, logLevel: 'off', openTelemetry: false } as const;

interface Signal {
  readonly signal: AbortSignal;
}

/** A client that may be asked. All of it rejects as the SDK does. */
export interface Opened {
  /** What streams answers, sending and hearing by this fetch. */
  streams(fetch: typeof globalThis.fetch): Pick<Anthropic['messages'], 'create'>;
  /** What is told of a model; null where nobody is asked, for nothing tells it. */
  probe(model: string, { signal }: Signal): Promise<unknown>;
  /** The input of a request; null where it is not counted. */
  readonly count:
    | ((body: ReturnType<typeof bodyOf>, { signal }: Signal) => Promise<{ input_tokens: number }>)
    | null;
}

export interface Platform {
  /** Rejects where there is nothing to ask with. */
  open(calls: Calls): Promise<Opened>;
  /** Whether what was opened is shut, and is opened anew, once. */
  shut(error: unknown): boolean;
  /** What is read otherwise than an error of the Messages API; null where nothing is. */
  failure(error: unknown): ModelFailure | null;
}
