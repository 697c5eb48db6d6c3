// One experiment as `show` tells it.
import { z } from 'zod';
import type { Decision } from '../core/decision.ts';
import type { Proposal } from '../core/experiment.ts';
import type { OpenExperiment } from '../core/world.ts';
import { type AttemptView, attemptSchema, attemptView } from './attempt.ts';
import { costSchema, costView } from './cost.ts';
import { rowSchema, rowView } from './row.ts';

/** A decided one. */
export const experimentSchema = rowSchema.extend({
  /** Of the end of its last attempt, as text. */
  timestamp: z.iso.datetime(),
  /** Why it should help; '' where nobody said. */
  hypothesis: z.string(),
  cost: costSchema.nullable(),
  /** What repairs of its crashes cost. */
  fixUsd: z.number(),
  /** Those that ended, in order; what the store lost is missing. */
  tried: z.array(attemptSchema),
});
export type ExperimentView = Readonly<z.infer<typeof experimentSchema>>;

/** `proposal`: null where the store lost it. */
export function experimentView(
  decision: Decision,
  proposal: Proposal | null,
  fixUsd: number,
  tried: readonly AttemptView[],
): ExperimentView {
  return {
    ...rowView(decision),
    timestamp: new Date(decision.timestampMs).toISOString(),
    hypothesis: proposal?.hypothesis ?? '',
    cost: proposal && costView(proposal),
    fixUsd,
    tried: [...tried],
  };
}

/** One on trial. */
const openSchema = z.strictObject({
  experiment: z.string(),
  /** It has no verdict yet; `status` says whether it runs. */
  status: z.literal('open'),
  description: z.string(),
  hypothesis: z.string(),
  source: z.string(),
  base: z.string().nullable(),
  /** The one under way counted. */
  attempts: z.number().int(),
  cost: costSchema.nullable(),
  fixUsd: z.number(),
  tried: z.array(attemptSchema),
});
export type OpenView = Readonly<z.infer<typeof openSchema>>;

export function openView({ proposal, results }: OpenExperiment, fixUsd: number): OpenView {
  const { experiment, description, hypothesis, source, base } = proposal;
  return {
    experiment,
    status: 'open',
    description,
    hypothesis,
    source,
    base,
    attempts: results.length + 1,
    cost: costView(proposal),
    fixUsd,
    tried: results.map(attemptView),
  };
}
