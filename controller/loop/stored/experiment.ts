// One experiment as its objects in the store tell it: decided, or on trial with the attempts that it had.
import { type Decision, decisionSchema } from '../../core/decision.ts';
import { BASELINE, type Proposal, proposalSchema } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { type AttemptResult, attemptResultSchema } from '../../core/verdict.ts';
import type { Store } from '../../ports.ts';
import { parse } from '../../std/json.ts';
import { text } from '../../std/text.ts';

type Stored =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | {
      readonly kind: 'open';
      readonly proposal: Proposal;
      readonly results: readonly AttemptResult[];
      /** train.py of the last attempt that has one. */
      readonly current: string;
      /** The repaired file of the next attempt, where it is there. */
      readonly repaired: string | null;
    };

/** Null where there is nothing of it. Throws where an object is there but cannot be understood. */
export async function readExperiment(lane: string, store: Store, id: string): Promise<Stored | null> {
  const record = await store.get(keys.record(lane, id));
  const decision = record && parse(decisionSchema, record, `record of ${id}`);
  // Earlier releases recorded that a baseline failed, which is no end of a lane.
  if (decision && !(id === BASELINE && decision.status === 'crash')) return { kind: 'decided', decision };
  const bytes = await store.get(keys.proposal(lane, id));
  if (!bytes) return null;
  const proposal = parse(proposalSchema, bytes, `proposal of ${id}`);
  const results: AttemptResult[] = [];
  let current = proposal.trainPy;
  for (let n = 1; ; n++) {
    const trainPy = await store.get(keys.attempt(lane, id, n, 'train.py'));
    const result = await store.get(keys.attempt(lane, id, n, 'result.json'));
    if (!result) {
      const repaired = trainPy && n > 1 ? text(trainPy) : null;
      return { kind: 'open', proposal, results, current, repaired };
    }
    results.push(parse(attemptResultSchema, result, `result of ${id}/${n}`));
    if (trainPy) current = text(trainPy);
  }
}
