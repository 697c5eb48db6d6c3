// Ideas on their way to an id: the baseline, one carried over from an older frontier, an owed merge.

import type { Idea } from '../core/brief.ts';
import { experimentId, type Proposal, proposalSchema } from '../core/experiment.ts';
import { keys } from '../core/keys.ts';
import type { OwedMerge } from '../core/world.ts';
import { sha256Hex } from '../intent.ts';
import { encode, parse } from '../std/json.ts';
import { oneLine, text } from '../std/text.ts';
import type { LanePorts } from './context.ts';
import type { Ledger } from './ledger.ts';
import { merge } from './merge.ts';

/** Gives an idea the next id. False: the id went to somebody else's proposal, which is now open. */
export async function allocate(
  ports: Pick<LanePorts, 'lane' | 'store' | 'clock'>,
  ledger: Ledger,
  idea: Idea | Baseline,
  program: string,
): Promise<boolean> {
  // What is written is read at every start: it must not be of another shape then.
  const proposal: Proposal = proposalSchema.parse({
    experiment: experimentId(ledger.nextId),
    description: oneLine(idea.description).slice(0, 400),
    hypothesis: idea.hypothesis.slice(0, 2000),
    source: idea.source,
    base: idea.base,
    trainPy: idea.trainPy,
    program,
    stackOf: idea.stackOf,
    createdMs: ports.clock.now(),
    ...(idea.cost && { cost: idea.cost }),
  });
  const key = keys.proposal(ports.lane.name, proposal.experiment);
  if (await ports.store.putIfAbsent(key, encode(proposal))) {
    ledger.proposed(proposal);
    return true;
  }
  const theirs = await ports.store.get(key);
  ledger.proposed(parse(proposalSchema, theirs!, `proposal of ${proposal.experiment}`));
  return false;
}

/** The unmodified file: an idea without a base. */
type Baseline = Omit<Idea, 'base'> & { base: null };

export function baselineOf(trainPy: string): Baseline {
  return { description: 'baseline', hypothesis: '', source: 'builtin', base: null, stackOf: null, trainPy };
}

/**
 * An idea made on an older frontier, carried onto the tip; null where that cannot be done or was tried already, or where
 * this ledger's frontier has no such commit, for an earlier session may have asked for the idea.
 */
export function carried(ledger: Ledger, idea: Idea): Idea | null {
  const { commit } = ledger.tip!;
  const base = ledger.kept.find(({ decision }) => decision.commit === idea.base);
  if (!base) return null;
  const trainPy =
    idea.base === commit ? idea.trainPy : merge(ledger.trainPyOf(commit), base.trainPy, idea.trainPy);
  if (trainPy === null || barred(ledger, trainPy)) return null;
  return { ...idea, base: commit, trainPy };
}

/** The stack proposal that an owed merge asks for; null where the merge is not clean or the result was tried already. */
export async function stacked(ports: LanePorts, ledger: Ledger, owed: OwedMerge): Promise<Idea | null> {
  const decision = ledger.decisions.find((d) => d.experiment === owed.of)!;
  const theirs =
    owed.theirs !== null ? ledger.trainPyOf(owed.theirs) : await lastFile(ports, owed.of, decision.attempts);
  const trainPy = theirs && merge(ledger.trainPyOf(owed.onto), ledger.trainPyOf(owed.base), theirs);
  if (!trainPy || barred(ledger, trainPy)) return null;
  const what = owed.theirs === null ? decision.description : `what ${owed.of} displaced`;
  return {
    description: `stack of ${owed.of}: ${what}`,
    hypothesis: `Two gains were found side by side; this is both of them in one file.`,
    source: 'stack',
    base: owed.onto,
    trainPy,
    stackOf: owed.of,
  };
}

function barred(ledger: Ledger, trainPy: string): boolean {
  return ledger.barred().has(sha256Hex(trainPy));
}

async function lastFile(ports: LanePorts, experiment: string, attempt: number): Promise<string | null> {
  const stored = await ports.store.get(keys.attempt(ports.lane.name, experiment, attempt, 'train.py'));
  return stored && text(stored);
}
