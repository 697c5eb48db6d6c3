// What a proposer is told of a lane.
import type { Brief, Past } from './core/brief.ts';
import type { Decision } from './core/decision.ts';
import type { World } from './core/world.ts';
import { sha256Hex } from './intent.ts';
import type { Ledger } from './ledger.ts';
import type { Loop } from './loop.ts';

/** The brief for the tip as it stands. Needs a baseline that is kept. */
export async function briefOf({ lane, brought }: Loop, ledger: Ledger, world: World): Promise<Brief> {
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
    tried: (trainPy) => ledger.tried.has(sha256Hex(trainPy)),
  };
}

/** What the machine lost says nothing about an idea (I6). */
function isEvidence(decision: Decision): boolean {
  return !decision.error.startsWith('lost:');
}

function pastOf(d: Decision): Past {
  const { experiment, description, source, status, valBpb, baseBpb, reason, error } = d;
  return { experiment, description, source, status, valBpb, baseBpb, reason, error };
}
