// What a proposer is told of a lane.

import type { Brief, Past, Ran } from '../core/brief.ts';
import type { Decision } from '../core/decision.ts';
import { isEvidence } from '../core/evidence.ts';
import { parse } from '../core/json.ts';
import { keys } from '../core/keys.ts';
import { parse as summaryIn } from '../core/log/summary.ts';
import { utf8 } from '../core/text.ts';
import { triedSchema } from '../core/verdict.ts';
import type { World } from '../core/world.ts';
import type { Store } from '../ports.ts';
import { barred } from './allocate.ts';
import type { Loop } from './context.ts';
import type { Ledger } from './ledger.ts';

/** The brief for the tip as it stands. Needs a baseline that is kept. */
export async function briefOf({ lane, brought, store }: Loop, ledger: Ledger, world: World): Promise<Brief> {
  const { tip, tipBpb } = ledger.standing!;
  return {
    lane: lane.name,
    seed: lane.seed,
    next: ledger.nextId,
    program: await brought.program(),
    prepare: brought.prepare,
    tip,
    tipBpb,
    trainPy: ledger.trainPyOf(tip),
    guidance: world.control.guidance,
    past: ledger.decisions.filter(isEvidence).map(pastOf),
    open: world.open.map((open) => open.proposal.description),
    ready: world.stock,
    tried: (trainPy) => barred(ledger, trainPy),
    inconclusive: ledger.evidence.inconclusive,
    ran: (experiment) => ranOf(lane.name, store, ledger.decisionOn(experiment)),
  };
}

function pastOf(d: Decision): Past {
  const { experiment, description, source, status, valBpb, baseBpb, reason, error } = d;
  return { experiment, description, source, status, valBpb, baseBpb, reason, error };
}

async function ranOf(lane: string, store: Store, decision: Decision | undefined): Promise<Ran | null> {
  if (!decision) return null;
  const bytes = await store.get(keys.attempt(lane, decision.experiment, decision.attempts, 'result.json'));
  if (!bytes) return null;
  const { sealed, tail } = parse(
    triedSchema,
    bytes,
    `result of ${decision.experiment}/${decision.attempts}`,
  ).outcome;
  if (!sealed) return null;
  const { steps, training_seconds, memory_mb } = sealed;
  const read = summaryIn(utf8(tail));
  const printed =
    read.kind === 'summary'
      ? {
          mfu: read.summary.mfu_percent,
          paramsM: read.summary.num_params_M,
          tokensM: read.summary.total_tokens_M,
        }
      : null;
  return { steps, trainingSeconds: training_seconds, memoryMb: memory_mb, printed };
}
