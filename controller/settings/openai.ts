// A model behind an interface like OpenAI's: schema.
import { z } from 'zod';
import { claudeSchema } from './claude.ts';

const pricesSchema = z.strictObject({
  input: z.number().nonnegative().describe('Input tokens.'),
  output: z.number().nonnegative().describe('Output tokens, thinking included.'),
  cachedInput: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('Input tokens from a cache; null: as input.'),
});

const { maxTokens, maxOutputTokens, ahead, parallel, ideas, deadlineSeconds, idleSeconds, fallback } =
  claudeSchema.shape;

export const openaiSchema = z.strictObject({
  kind: z.literal('openai').describe('A model of OpenAI, or behind an interface like theirs.'),
  maxUsd: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Dollars that a lane may spend on proposals in all; required unless `prices` is 0.'),
  maxTokens,
  model: z.string().min(1).describe('Model id, as the interface names it.'),
  baseURL: z
    .string()
    .nullable()
    .default(null)
    .describe("Where the interface is, such as http://127.0.0.1:11434/v1; null: OpenAI's own."),
  prices: z
    .union([z.literal(0), pricesSchema])
    .describe('USD per million tokens; 0 for a model that costs nothing, such as one of your own.'),
  effort: z
    .enum(['low', 'medium', 'high', 'xhigh', 'max'])
    .nullable()
    .default(null)
    .describe('How much the model thinks, where it can be told.'),
  answers: z
    .enum(['schema', 'json', 'text'])
    .default('schema')
    .describe('How the model is held to JSON. `text` is by words alone.'),
  maxOutputTokens,
  ahead,
  parallel,
  ideas,
  deadlineSeconds,
  idleSeconds,
  fallback,
});

export type OpenaiSetting = z.infer<typeof openaiSchema>;
