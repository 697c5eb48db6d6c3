// The models that the stand-in knows, and what each may be asked: another pair is refused, as the API does.
const all = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

/** The efforts that a model takes; none of it where it thinks by a budget or not at all. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  'claude-opus-5-5': all,
  'claude-sonnet-5-5': all,
  'claude-opus-5': all,
  'claude-sonnet-5': ['low', 'medium', 'high', 'max'],
  'claude-haiku-4-5': [],
};

/** Tokens that an answer of a model may have at most, thinking included. */
export function mostOutput(model: string): number {
  return model === 'claude-haiku-4-5' ? 64_000 : 128_000;
}

/** Why a request is refused for its model, or null. */
export function whyRefused(
  model: string,
  effort: string | undefined,
  maxTokens: number,
): { readonly status: number; readonly type: string; readonly message: string } | null {
  // As Amazon Bedrock names an inference profile of it.
  const efforts = MODELS[model.replace(/^global\.anthropic\./, '')];
  if (efforts === undefined) return { status: 404, type: 'not_found_error', message: `model: ${model}` };
  const most = mostOutput(model);
  const long = `max_tokens: ${maxTokens} > ${most}, which is the maximum allowed number of output tokens for ${model}`;
  if (maxTokens > most) return { status: 400, type: 'invalid_request_error', message: long };
  if (effort === undefined || efforts.includes(effort)) return null;
  const message = `output_config.effort: ${model} does not support ${effort}`;
  return { status: 400, type: 'invalid_request_error', message };
}

/** The version that the SDK speaks. */
export const VERSION = '2026-10-21';
