// The port of a language model: one call and its answer. Whose model it is, only the adapter knows.
// Times are in the unit that their names end in; usage is in tokens. A call that fails is a value, and says what it may have cost.
import type { CacheTtl, Usage } from '../core/money.ts';
import type { Prompt } from './prompt.ts';

/** One turn of a conversation about a prompt: what the model said, and why that was refused. */
export interface Correction {
  readonly answer: string;
  readonly refusal: string;
}

export const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
type Effort = (typeof efforts)[number];

export interface ModelRequest {
  readonly model: string;
  /** Null: the model's own. */
  readonly effort: Effort | null;
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
  /** What the prices are multiplied by, as the API told: for a region, or for speed. */
  readonly surcharge: number;
  readonly seconds: number;
}

/** What an API says of a model; null where it says nothing of it. */
export interface ModelFacts {
  readonly kind: 'facts';
  /** The API knows the model by this id. */
  readonly known: boolean;
  readonly retired: boolean;
  /** Whether it can answer by a schema. */
  readonly structured: boolean | null;
  readonly efforts: readonly Effort[] | null;
  readonly mostOutputTokens: number | null;
}

interface CountedInput {
  readonly kind: 'counted';
  readonly inputTokens: number;
}

/** A language model. No method counts or caps what is spent: see metered-model.ts. */
export interface ModelClient {
  /** Makes one call. Rejects only when `signal` aborts. */
  ask(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer | ModelFailure>;
  /** Whether anybody answers, and what is told of the model; costs nothing. Rejects when `signal` aborts. */
  probe(model: string, signal: AbortSignal): Promise<ModelFacts | ModelFailure>;
  /** The input of a request, in tokens; costs nothing. Rejects when `signal` aborts. */
  count(request: ModelRequest, signal: AbortSignal): Promise<CountedInput | ModelFailure>;
}

/** The texts of a request, as they count for what it may cost. */
export function textsOf({ prompt, corrections }: ModelRequest): string[] {
  return [
    ...prompt.system.map((block) => block.text),
    prompt.user,
    ...corrections.flatMap(({ answer, refusal }) => [answer, refusal]),
  ];
}

/** `passing`: a later call may succeed. `account` cannot pay, `key` opens nothing, and `request`: this model refuses ours. */
export type ModelFault = 'passing' | 'account' | 'key' | 'request';

/** What a call told before it broke off. */
export interface HeardSoFar {
  /** The whole input; null where it was not told. `outputTokens` are those that were told. */
  readonly usage: Usage | null;
  readonly surcharge: number;
  /** How long it took: no more can be written meanwhile than anybody writes. Null where the clock cannot tell. */
  readonly seconds: number | null;
}

export const nothingHeard: HeardSoFar = { usage: null, surcharge: 1, seconds: null };

export interface ModelFailure {
  readonly kind: 'failed';
  /** A word for the spend record: overloaded, rate_limit, reset, idle, … */
  readonly reason: string;
  readonly sentence: string;
  /** Whether a later call may succeed before a person does something; where not, the sentence says what to do. */
  readonly fault: ModelFault;
  /** The API turned the call away: it costs nothing. Otherwise only bounds are known of what it used. */
  readonly free: boolean;
  /** What is known of a call that was not free. */
  readonly heard: HeardSoFar;
  /** How long the API asks to wait, null where it does not. */
  readonly retryAfterMs: number | null;
}
