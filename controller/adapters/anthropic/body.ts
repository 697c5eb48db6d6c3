// What a request says to the API.
import type { ModelRequest } from '../../llm/model.ts';
import { answerFormat } from './answer-format.ts';

/** A request as it is sent. */
export function streamedBody(request: ModelRequest) {
  return { ...bodyOf(request), max_tokens: request.maxOutputTokens, stream: true as const };
}

/** All but how long the answer may be. */
export function bodyOf({ model, effort, cacheTtl, prompt, corrections }: ModelRequest) {
  const cache = { cache_control: { type: 'ephemeral' as const, ttl: cacheTtl } };
  return {
    model,
    output_config: { ...(effort === null ? {} : { effort }), format: answerFormat },
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
