// The whole of an answer, put together as it comes.
import type OpenAI from 'openai';
import { z } from 'zod';
import type { Usage } from '../../core/money.ts';

/** Our words for why an answer ended, where they differ. */
const STOPS: Readonly<Record<string, string>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
};

const count = z.number().int().nonnegative();
/** Whatever the types say, a server may tell anything. */
const toldSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish().catch(null),
});

export class CompletionSoFar {
  text = '';
  stopReason = '';
  category = '';
  /** Told at the end, if at all. */
  usage: Usage | null = null;

  take({ choices, usage }: OpenAI.ChatCompletionChunk): void {
    this.usage = usageOf(usage) ?? this.usage;
    const choice = choices?.[0];
    if (!choice) return;
    const { delta, finish_reason } = choice;
    this.text += delta?.content ?? '';
    if (delta?.refusal) this.category = 'refusal';
    if (!finish_reason) return;
    this.stopReason = this.category ? 'refusal' : (STOPS[finish_reason] ?? finish_reason);
    if (finish_reason === 'content_filter') this.category = finish_reason;
  }
}

/** The kinds of input do not overlap; what came from a cache is within the prompt. */
function usageOf(usage: unknown): Usage | null {
  const told = toldSchema.safeParse(usage);
  if (!told.success) return null;
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = told.data;
  const cacheReadTokens = Math.min(prompt_tokens, prompt_tokens_details?.cached_tokens ?? 0);
  return {
    inputTokens: prompt_tokens - cacheReadTokens,
    cacheReadTokens,
    cacheWriteTokens: 0,
    outputTokens: completion_tokens,
  };
}
