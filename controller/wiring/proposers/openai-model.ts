// The model of a setting for an interface like OpenAI's.
import type { Model } from '../../llm/conversation.ts';
import type { OpenaiSetting } from '../../settings/openai.ts';
import { lengthOf } from './claude-models.ts';

export function modelOf(setting: OpenaiSetting): Model {
  const { model, effort } = setting;
  return { model, effort, maxOutputTokens: lengthOf(setting).maxOutputTokens, cacheTtl: '5m' };
}
