// What a proposer is told of a lane.

import { type Brief, historyFrom, noneOlder, type Older, type PastExperiment, RUNS_TOLD } from '../brief.ts';
import type { Decision } from '../core/decision.ts';
import { isEvidence } from '../core/evidence.ts';
import type { Lane } from '../core/experiment.ts';
import type { World } from '../core/world.ts';
import type { LaneContext, LaneInputs } from './context.ts';
import type { Ledger } from './ledger.ts';
import { diffsOf, type Facts, factsOf, importedInto, nearMisses } from './stored/told.ts';

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
  const { shown, kept, older } = toldOf(ledger);
  const keeps = ledger.kept.map(({ decision }) => decision);
  const landmarks = keeps.filter((_, i) => i === 0 || i === keeps.length - 1);
  const facts = await factsOf(lane.name, store, [...landmarks, ...shown]);
  const made = new Map(keeps.map((decision) => [decision.commit, decision.experiment]));
  const runs = (of: readonly Decision[]) =>
    of.map(({ experiment }) => facts(experiment).run).filter((run) => run !== null);
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
    past: [...kept, ...shown.map((d) => ({ ...pastOf(d), ...own(d, facts(d.experiment), made) }))],
    ...(older && { older }),
    open: ledger.openInOrder.map((open) => open.proposal.description),
    ready: world.queue,
    tried: ledger.barred(),
    inconclusive: ledger.evidence.inconclusive,
    ran: runs(shown.slice(-RUNS_TOLD)),
    landmarks: runs(landmarks),
    keeps: ledger.kept.map(({ decision: { experiment }, trainPy }) => ({ experiment, trainPy })),
    diffs: await diffsOf(lane.name, store, nearMisses(shown)),
    budgetSeconds: lane.clocks.budgetSeconds,
    imported: await importedInto(lane.name, store),
  };
}

/** What the decisions of a ledger tell, each of them looked at once: a long history is neither copied nor walked again. */
class Told {
  readonly #all: readonly Decision[];
  /** Of the first so many, those that are evidence. */
  #seen = 0;
  #last: Decision | undefined;
  /** Told whatever came of them; those that have just become too old are still at the front. */
  #recent: Decision[] = [];
  #kept: PastExperiment[] = [];
  #older: Older = noneOlder;

  constructor(all: readonly Decision[]) {
    this.#all = all;
  }

  look(): { shown: readonly Decision[]; kept: readonly PastExperiment[]; older: Older | null } {
    // One that another controller made may have come in between.
    if (this.#all[this.#seen - 1] !== this.#last) {
      this.#seen = 0;
      this.#recent = [];
      this.#kept = [];
      this.#older = noneOlder;
    }
    this.#recent.push(...this.#all.slice(this.#seen).filter(isEvidence));
    this.#seen = this.#all.length;
    this.#last = this.#all.at(-1);
    const { keep, discard, crash } = this.#older;
    const before = keep + discard + crash;
    const from = historyFrom(before + this.#recent.length);
    for (const decision of this.#recent.splice(0, from - before)) this.#age(decision);
    // Both go on growing while a brief is made.
    return { shown: [...this.#recent], kept: [...this.#kept], older: from > 0 ? this.#older : null };
  }

  #age(decision: Decision): void {
    const { status } = decision;
    const since = status === 'keep' ? 0 : this.#older.since + 1;
    this.#older = { ...this.#older, [status]: this.#older[status] + 1, since };
    if (status === 'keep') this.#kept.push(pastOf(decision));
  }
}

const told = new WeakMap<Ledger, Told>();

function toldOf(ledger: Ledger): ReturnType<Told['look']> {
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
