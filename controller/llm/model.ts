// The port of a language model: one call and its answer. Whose model it is, only the adapter knows.
// Times are in the unit that their names end in; usage is in tokens. A call that fails is a value, and says what it may have cost.
import type { CacheTtl, Usage } from '../core/money.ts';
import type { Prompt } from './prompt.ts';

/** One turn of a conversation about a prompt: what the model said, and why that was refused. */
export interface Correction {
  readonly answer: string;
  readonly refusal: string;
}

export interface ModelRequest {
  readonly model: string;
  readonly effort: 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  readonly maxOutputTokens: number;
  readonly cacheTtl: CacheTtl;
  readonly prompt: Prompt;
  readonly corrections: readonly Correction[];
}

export interface ModelAnswer {
  readonly kind: 'answered';
  readonly text: string;
  /** As the API names it: end_turn, max_tokens, refusal, …; '' where it named none. */
  readonly stopReason: string;
  /** The category of a refusal, '' where there is none. */
  readonly category: string;
  /** Null where the API said nothing of it, or nothing that can be counted. */
  readonly usage: Usage | null;
  readonly seconds: number;
}

/** A language model. Neither method counts or caps what is spent: see metered-model.ts. */
export interface ModelClient {
  /** Makes one call. Rejects only when `signal` aborts. */
  ask(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer | ModelFailure>;
  /** Whether anybody answers, by a question that costs nothing: null, or what is wrong. Rejects when `signal` aborts. */
  probe(model: string, signal: AbortSignal): Promise<ModelFailure | null>;
}

/** The texts of a request, as they count for what it may cost. */
export function textsOf({ prompt, corrections }: ModelRequest): string[] {
  return [
    ...prompt.system.map((block) => block.text),
    prompt.user,
    ...corrections.flatMap(({ answer, refusal }) => [answer, refusal]),
  ];
}

export interface ModelFailure {
  readonly kind: 'failed';
  /** A word for the spend record: overloaded, rate_limit, reset, idle, … */
  readonly reason: string;
  readonly sentence: string;
  /** No later call can succeed before a person does something; the sentence says what. */
  readonly lasting: boolean;
  /** The API turned the call away: it costs nothing. Otherwise nobody knows what it used. */
  readonly free: boolean;
  /** How long the API asks to wait, null where it does not. */
  readonly retryAfterMs: number | null;
}
