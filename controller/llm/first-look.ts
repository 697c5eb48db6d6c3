// What must hold before a lane spends anything, as far as the API tells it for nothing.
import type { ModelClient, ModelFacts, ModelRequest } from './model.ts';

/** `problem`: why nothing will come of asking this model; ends with what to do. `inputTokens`: of the request, where it was counted. */
interface FirstLook {
  readonly problem: string | null;
  readonly inputTokens: number | null;
}

/** What stays unknown, as an API that does not answer just now, is no problem. Rejects when `signal` aborts. */
export async function firstLook(
  client: ModelClient,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<FirstLook> {
  const facts = await client.probe(request.model, signal);
  if (facts.kind === 'failed')
    return { problem: facts.fault === 'passing' ? null : facts.sentence, inputTokens: null };
  const counted = await client.count(request, signal);
  if (counted.kind === 'counted')
    return { problem: whyUnfit(facts, request), inputTokens: counted.inputTokens };
  const known = counted.fault === 'passing' || (facts.known && counted.fault === 'request');
  return { problem: known ? whyUnfit(facts, request) : counted.sentence, inputTokens: null };
}

function whyUnfit(facts: ModelFacts, { model, effort, maxOutputTokens }: ModelRequest): string | null {
  if (facts.retired) return `${model} was retired; choose another proposer.model`;
  if (facts.structured === false)
    return `${model} cannot answer by a JSON schema; choose another proposer.model`;
  if (effort !== null && facts.efforts !== null && !facts.efforts.includes(effort))
    return `${model} knows no effort ${effort}; set proposer.effort to one of ${facts.efforts.join(', ')}`;
  if (facts.mostOutputTokens !== null && maxOutputTokens > facts.mostOutputTokens)
    return `${model} answers with at most ${facts.mostOutputTokens} tokens; set proposer.maxOutputTokens to that or less`;
  return null;
}
