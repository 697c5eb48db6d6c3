// The answer that is asked of the model, as a schema that the API enforces and we check again.
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { answerSchema } from '../../llm/answer.ts';

const { type, schema } = zodOutputFormat(answerSchema);

/** What `output_config.format` of a request says. Parsing is left to `readAnswer`, for an answer may be cut off. */
export const answerFormat = { type, schema };
