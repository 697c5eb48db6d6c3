// What a proposer is told of a lane.

import { type Brief, historyFrom, type PastExperiment, RUNS_TOLD } from '../core/brief.ts';
import type { Decision } from '../core/decision.ts';
import { isEvidence } from '../core/evidence.ts';
import type { Lane } from '../core/experiment.ts';
import type { World } from '../core/world.ts';
import type { LaneContext, LaneInputs } from './context.ts';
import type { Ledger } from './ledger.ts';
import { diffsOf, type Facts, factsOf, importedInto, worthShowing } from './stored/told.ts';

/** What a brief is made from, beside what was decided. */
interface Briefed extends Pick<LaneContext, 'store'> {
  readonly lane: Pick<Lane, 'name' | 'seed'> & { readonly clocks: Pick<Lane['clocks'], 'budgetSeconds'> };
  readonly inputs: Pick<LaneInputs, 'program' | 'prepare' | 'noise'>;
}

/** The brief for the tip as it stands. Needs a baseline that is kept. */
export async function briefOf(
  { lane, inputs, store }: Briefed,
  ledger: Ledger,
  world: Pick<World, 'control' | 'queue'>,
): Promise<Brief> {
  const { commit, bpb } = ledger.tip!;
  const { decisions, past } = toldOf(ledger);
  const keeps = ledger.kept.map(({ decision }) => decision);
  const landmarks = keeps.filter((_, i) => i === 0 || i === keeps.length - 1);
  const from = historyFrom(decisions.length);
  const shown = decisions.slice(from);
  const facts = await factsOf(lane.name, store, [...landmarks, ...shown]);
  const made = new Map(keeps.map((decision) => [decision.commit, decision.experiment]));
  const runs = (of: readonly Decision[]) =>
    of.map(({ experiment }) => facts(experiment).run).filter((run) => run !== null);
  // One copy of a history that may be long; only what is told in full is made anew.
  const withFacts = past.slice();
  for (const [i, d] of shown.entries())
    withFacts[from + i] = { ...past[from + i]!, ...own(d, facts(d.experiment), made) };
  return {
    lane: lane.name,
    seed: lane.seed,
    next: ledger.nextId,
    program: await inputs.program(),
    prepare: inputs.prepare,
    tip: commit,
    tipBpb: bpb,
    trainPy: ledger.trainPyOf(commit),
    guidance: world.control.guidance,
    noise: (await inputs.noise?.(commit, ledger.decisions)) ?? '',
    past: withFacts,
    open: ledger.openInOrder.map((open) => open.proposal.description),
    ready: world.queue,
    tried: ledger.barred(),
    inconclusive: ledger.evidence.inconclusive,
    ran: runs(shown.slice(-RUNS_TOLD)),
    landmarks: runs(landmarks),
    diffs: await diffsOf(lane.name, store, worthShowing(shown)),
    budgetSeconds: lane.clocks.budgetSeconds,
    imported: await importedInto(lane.name, store),
  };
}

/** What the decisions of a ledger tell, each of them looked at once. */
class Told {
  readonly past: PastExperiment[] = [];
  readonly decisions: Decision[] = [];
  readonly #all: readonly Decision[];
  #seen = 0;
  #last: Decision | undefined;

  constructor(all: readonly Decision[]) {
    this.#all = all;
  }

  look(): Told {
    // One that another controller made may have come in between.
    if (this.#all[this.#seen - 1] !== this.#last) {
      this.#seen = 0;
      this.past.length = 0;
      this.decisions.length = 0;
    }
    for (const decision of this.#all.slice(this.#seen).filter(isEvidence)) {
      this.past.push(pastOf(decision));
      this.decisions.push(decision);
    }
    this.#seen = this.#all.length;
    this.#last = this.#all.at(-1);
    return this;
  }
}

const told = new WeakMap<Ledger, Told>();

function toldOf(ledger: Ledger): Told {
  const known = told.get(ledger) ?? new Told(ledger.decisions);
  told.set(ledger, known);
  return known.look();
}

function pastOf(d: Decision): PastExperiment {
  const { experiment, description, source, status, baseBpb, reason, error, memoryMb } = d;
  // A win that was not there on unseen text is told by what it came to there: nobody is to build on the other number.
  const valBpb = reason === 'unseen' ? d.unseenBpb : d.valBpb;
  return { experiment, description, source, status, valBpb, baseBpb, reason, error, memoryMb };
}

/** What its own objects add. `made`: by commit, the experiment that made it. */
function own({ base }: Decision, { hypothesis, kind, run }: Facts, made: ReadonlyMap<string, string>) {
  return {
    hypothesis,
    kind,
    parent: base === null ? null : (made.get(base) ?? null),
    steps: run?.steps ?? null,
  };
}
