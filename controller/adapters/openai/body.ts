// What a request says to the interface.
import type OpenAI from 'openai';
import { z } from 'zod';
import { answerSchema } from '../../llm/answer.ts';
import type { ModelRequest } from '../../llm/model.ts';

/** How the model is held to JSON: not every server knows schemas. */
export type Answers = 'schema' | 'json' | 'text';

const { $schema: _, ...schema } = z.toJSONSchema(answerSchema) as Record<string, unknown>;

const IN_WORDS = `Answer with one JSON object and nothing else. Its schema: ${JSON.stringify(schema)}`;

const FORMATS = {
  schema: { type: 'json_schema', json_schema: { name: 'experiment', strict: true, schema } },
  json: { type: 'json_object' },
  text: null,
} as const;

/** `own`: somebody else's server, which may know only the older name of the longest answer. */
export function bodyOf(
  { model, effort, maxOutputTokens, prompt, corrections }: ModelRequest,
  answers: Answers,
  own: boolean,
): OpenAI.ChatCompletionCreateParamsStreaming {
  const format = FORMATS[answers];
  const told = prompt.system.map(({ text }) => text);
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    ...(own ? { max_tokens: maxOutputTokens } : { max_completion_tokens: maxOutputTokens }),
    ...(effort === null ? {} : { reasoning_effort: effort }),
    ...(format === null ? {} : { response_format: format }),
    messages: [
      { role: 'system', content: [...told, ...(answers === 'schema' ? [] : [IN_WORDS])].join('\n\n') },
      { role: 'user', content: prompt.user },
      ...corrections.flatMap(({ answer, refusal }) => [
        { role: 'assistant' as const, content: answer || '(no answer)' },
        { role: 'user' as const, content: refusal },
      ]),
    ],
  };
}
