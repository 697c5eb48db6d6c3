// What the API tells of a model, as far as it tells anything.
import { z } from 'zod';
import { efforts, type ModelFacts } from '../../llm/model.ts';

/** A gateway may leave out what it likes. */
const supported = z.object({ supported: z.boolean() });
const infoSchema = z.object({
  lifecycle: z.string().nullish().catch(null),
  max_tokens: z.number().int().positive().nullish().catch(null),
  capabilities: z
    .object({
      structured_outputs: supported.nullish().catch(null),
      effort: z.record(z.string(), z.unknown()).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});

export const nothingKnown: ModelFacts = {
  kind: 'facts',
  known: false,
  retired: false,
  structured: null,
  efforts: null,
  mostOutputTokens: null,
};

export function factsOf(told: unknown): ModelFacts {
  const read = infoSchema.safeParse(told);
  if (!read.success) return nothingKnown;
  const { lifecycle, max_tokens, capabilities } = read.data;
  const can = capabilities?.effort;
  const takes = (level: string) => supported.safeParse(can?.[level]).data?.supported === true;
  return {
    kind: 'facts',
    known: true,
    retired: lifecycle === 'retired',
    structured: capabilities?.structured_outputs?.supported ?? null,
    efforts: can ? efforts.filter(takes) : null,
    mostOutputTokens: max_tokens ?? null,
  };
}
