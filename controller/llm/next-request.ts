// The request that a call for ideas makes, where nothing else is under way.
import type { Brief } from '../brief.ts';
import { type Model, roomFor } from './conversation.ts';
import { nextKind } from './idea-kinds.ts';
import type { ModelRequest } from './model.ts';
import { promptForIdea } from './prompt.ts';

export function nextRequest(model: Model, ideas: number, brief: Brief): ModelRequest {
  const ready = brief.ready.map((idea) => idea.description);
  const prompt = promptForIdea(brief, { ...nextKind(brief.past, []), ready, ideas });
  return { ...model, maxOutputTokens: roomFor(model, ideas), prompt, corrections: [] };
}
