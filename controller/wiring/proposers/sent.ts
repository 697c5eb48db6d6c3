// What the next call of a proposer is sent, for a person who wants to see it.
import { streamedBody } from '../../adapters/anthropic/body.ts';
import { filesForIdeas } from '../../adapters/command/scratch.ts';
import { bodyOf } from '../../adapters/openai/body.ts';
import type { Brief } from '../../brief.ts';
import { nextRequest } from '../../llm/next-request.ts';
import type { ProposerSetting } from '../../settings/proposer.ts';
import { modelsOf } from './claude-models.ts';
import { modelOf } from './openai-model.ts';
import { partOf } from './parts.ts';

/** `whole`: as its interface takes it. `texts`: the same to read, each with what it is. */
export interface Sent {
  readonly whole: object;
  readonly texts: readonly (readonly [title: string, text: string])[];
}

/** Null for a proposer that is sent nothing. Of a mix the first part that is sent something. */
export function sentBy(setting: ProposerSetting, brief: Brief): Sent | null {
  if (typeof setting === 'string') return null;
  if ('mix' in setting) {
    const parts = Object.keys(setting.mix).map((kind) => sentBy(partOf(kind, setting), brief));
    return parts.find((sent) => sent !== null) ?? null;
  }
  if (setting.kind === 'command') {
    const { usdPerCall, ideasPerCall, deadlineSeconds } = setting;
    const asked = { usd: usdPerCall, seconds: deadlineSeconds, refused: [] };
    const files = filesForIdeas(brief, ideasPerCall, asked);
    return { whole: files, texts: Object.entries(files) };
  }
  if (setting.kind === 'openai') {
    const request = nextRequest(modelOf(setting), setting.ideas, brief);
    const whole = bodyOf(request, setting.answers, setting.baseURL !== null);
    return { whole, texts: whole.messages.map(({ role, content }) => [role, String(content)] as const) };
  }
  const request = nextRequest(modelsOf(setting)[0]!, setting.ideas, brief);
  const system = request.prompt.system.map(
    ({ text, cached }) => [cached ? 'system, cached up to here' : 'system', text] as const,
  );
  return { whole: streamedBody(request), texts: [...system, ['user', request.prompt.user]] };
}
