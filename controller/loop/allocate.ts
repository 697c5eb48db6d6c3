// Ideas on their way to an id: the baseline, one carried over from an older frontier, an owed merge.

import type { Idea } from '../core/brief.ts';
import { experimentId, type Proposal, proposalSchema } from '../core/experiment.ts';
import { keys } from '../core/keys.ts';
import { sha256Hex } from '../intent.ts';
import { encode, parse } from '../std/json.ts';
import { oneLine, text } from '../std/text.ts';
import type { LanePorts } from './context.ts';
import type { Ledger } from './ledger.ts';
import { merge } from './merge.ts';
import type { OwedMerge } from './owed-merges.ts';

const DESCRIPTION_AT_MOST = 400;

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
    description: oneLine(idea.description).slice(0, DESCRIPTION_AT_MOST),
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

/**
 * The stack proposal of these owed gains: all of them in one file on the tip, the largest first. What conflicts with the
 * tip or with a larger one is left out. Null where nothing is left to measure.
 */
export async function stacked(
  ports: LanePorts,
  ledger: Ledger,
  units: readonly string[],
): Promise<Idea | null> {
  const owed = units
    .map((of) => ({ ...ledger.owed.get(of)!, gain: gainOf(ledger, of) }))
    .sort((a, b) => b.gain - a.gain || (a.of < b.of ? -1 : 1));
  const files = await Promise.all(owed.map((each) => fileOf(ports, ledger, each)));
  const { commit } = ledger.tip!;
  let trainPy = ledger.trainPyOf(commit);
  const stackOf: string[] = [];
  for (const [i, { of, base }] of owed.entries()) {
    const merged = files[i] && merge(trainPy, ledger.trainPyOf(base), files[i]);
    if (!merged || merged === trainPy) continue;
    trainPy = merged;
    stackOf.push(of);
  }
  if (stackOf.length === 0 || barred(ledger, trainPy)) return null;
  return {
    description: describe(ledger, stackOf),
    hypothesis: 'Gains that were found side by side; this is all of them in one file.',
    source: 'stack',
    base: commit,
    trainPy,
    stackOf,
  };
}

/** What an owed gain gained on the commit that it was made on. */
function gainOf(ledger: Ledger, of: string): number {
  const { status, tip, baseBpb, valBpb } = ledger.decisionOn(of)!;
  return baseBpb! - (status === 'keep' ? ledger.bpbOf(tip!) : valBpb!);
}

/** All that it changes, or how many gains they are: a proposer that reads half of it would learn what is not so. */
function describe(ledger: Ledger, [first, ...others]: readonly string[]): string {
  const whatOf = (of: string) => {
    const { status, description } = ledger.decisionOn(of)!;
    return status === 'keep' ? `what ${of} displaced` : description;
  };
  if (others.length === 0) return `stack of ${first}: ${whatOf(first!)}`;
  const head = `stack of ${first} and ${others.length} more: `;
  // A description reads `what: why`, and that of a stack `stack of …: what`.
  const what = [first!, ...others].map(
    (of) =>
      whatOf(of)
        .replace(/^stack of [^:]*: /, '')
        .split(': ')[0]!,
  );
  const whole = head + what.join(', ');
  return whole.length <= DESCRIPTION_AT_MOST ? whole : `${head}${what.length} gains in one file`;
}

function barred(ledger: Ledger, trainPy: string): boolean {
  return ledger.barred().has(sha256Hex(trainPy));
}

/** The file that carries an owed gain; null where the store has lost it. */
async function fileOf(ports: LanePorts, ledger: Ledger, { of, theirs }: OwedMerge): Promise<string | null> {
  if (theirs !== null) return ledger.trainPyOf(theirs);
  const { attempts } = ledger.decisionOn(of)!;
  const stored = await ports.store.get(keys.attempt(ports.lane.name, of, attempts, 'train.py'));
  return stored && text(stored);
}
