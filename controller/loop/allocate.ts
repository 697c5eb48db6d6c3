// Ideas on their way to an id: the baseline, one carried over from an older frontier, an owed merge.

import { experimentId, type Proposal, proposalSchema } from '../core/experiment.ts';
import type { Idea } from '../core/idea.ts';
import { keys } from '../core/keys.ts';
import { sha256Hex } from '../intent.ts';
import { apply } from '../std/edits.ts';
import { encode, parse } from '../std/json.ts';
import { oneLine, text } from '../std/text.ts';
import type { LanePorts } from './context.ts';
import type { Ledger } from './ledger.ts';
import { merge } from './merge.ts';
import type { OwedMerge } from './owed-merges.ts';

const DESCRIPTION_AT_MOST = 400;
/** Of many gains the smallest are mostly luck, and a train that loses by them holds up the largest. */
const ABOARD_AT_MOST = 32;

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
    ...(idea.kind && { kind: idea.kind }),
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
  const trainPy = idea.base === commit ? idea.trainPy : madeOn(ledger.trainPyOf(commit), base.trainPy, idea);
  if (trainPy === null || barred(ledger, trainPy)) return null;
  return { ...idea, base: commit, trainPy };
}

/** The edit made again, or merged line by line where its place is gone; null where neither can be done. */
function madeOn(tip: string, base: string, { edits, trainPy }: Idea): string | null {
  const again = edits ? apply(tip, edits) : null;
  return again?.kind === 'edited' ? again.text : merge(tip, base, trainPy);
}

/**
 * The stack proposal of these owed gains: in one file on the tip, the largest first, as many as a train takes. What
 * conflicts with the tip or with a larger one is left out. Null where nothing is left to measure.
 */
export async function stacked(
  ports: LanePorts,
  ledger: Ledger,
  units: readonly string[],
): Promise<Idea | null> {
  const gainOf = (each: OwedMerge) => ledger.owed.gainOf(idOf(each));
  const owed = units
    .map((of) => ledger.owed.get(of)!)
    .sort((a, b) => gainOf(b) - gainOf(a) || (idOf(a) < idOf(b) ? -1 : 1));
  const { commit } = ledger.tip!;
  let trainPy = ledger.trainPyOf(commit);
  const aboard: OwedMerge[] = [];
  for (let at = 0; at < owed.length && aboard.length < ABOARD_AT_MOST; at += ABOARD_AT_MOST) {
    const next = owed.slice(at, at + ABOARD_AT_MOST);
    const files = await Promise.all(next.map((each) => fileOf(ports, ledger, each)));
    for (const [i, each] of next.entries()) {
      const merged = files[i] && merge(trainPy, ledger.trainPyOf(each.base), files[i]);
      if (!merged || merged === trainPy || aboard.length === ABOARD_AT_MOST) continue;
      trainPy = merged;
      aboard.push(each);
    }
  }
  // An idea that boarded alone is measured again, on the seeds that decide; a train was.
  const [first, second] = aboard;
  const { reason, measured } = first?.decision ?? {};
  const again = !second && reason === 'aboard' && !measured && first!.base === commit;
  if (!first || (barred(ledger, trainPy) && !again)) return null;
  return {
    description: describe(ledger, aboard),
    hypothesis: 'Gains that were found side by side; this is all of them in one file.',
    source: 'stack',
    base: commit,
    trainPy,
    stackOf: aboard.map(idOf),
  };
}

const idOf = ({ decision }: OwedMerge) => decision.experiment;

/** What it changes, in the words of who had the idea; null where it is more than one idea. */
function changeOf({ kept }: Ledger, { decision, base, theirs }: OwedMerge): string | null {
  if (theirs === null) return decision.description;
  const displaced = kept.find((k) => k.decision.commit === theirs)!.decision;
  return displaced.base === base ? displaced.description : null;
}

/** All that it changes, or how many gains they are: a proposer that reads half of it would learn what is not so. */
function describe(ledger: Ledger, aboard: readonly OwedMerge[]): string {
  const told = aboard.map((owed) => changeOf(ledger, owed));
  const whats = told.map((change, i) => change ?? `what ${idOf(aboard[i]!)} displaced`);
  const first = `stack of ${idOf(aboard[0]!)}`;
  if (whats.length === 1) return `${first}: ${whats[0]}`;
  const head = `${first} and ${whats.length - 1} more: `;
  // A description reads `what: why`, and that of a stack `stack of …: what`.
  const what = whats.map((each) => each.replace(/^stack of [^:]*: /, '').split(': ')[0]!);
  const whole = head + what.join(', ');
  return whole.length <= DESCRIPTION_AT_MOST && !told.includes(null)
    ? whole
    : `${head}${whats.length} gains in one file`;
}

function barred(ledger: Ledger, trainPy: string): boolean {
  return ledger.bars(sha256Hex(trainPy));
}

/** The file that carries an owed gain; null where the store has lost it. */
async function fileOf(ports: LanePorts, ledger: Ledger, owed: OwedMerge): Promise<string | null> {
  if (owed.theirs !== null) return ledger.trainPyOf(owed.theirs);
  const { experiment, attempts } = owed.decision;
  const stored = await ports.store.get(keys.attempt(ports.lane.name, experiment, attempts, 'train.py'));
  return stored && text(stored);
}
