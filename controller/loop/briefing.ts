// What a proposer is told of a lane.

import {
  type Brief,
  type ImportedExperiment,
  importedSchema,
  type PastExperiment,
  RUNS_TOLD,
  type RunReport,
} from '../core/brief.ts';
import type { Decision } from '../core/decision.ts';
import { isEvidence } from '../core/evidence.ts';
import { keys } from '../core/keys.ts';
import { parse as summaryIn } from '../core/log/summary.ts';
import type { Outcome } from '../core/outcome.ts';
import { attemptResultSchema } from '../core/verdict.ts';
import type { World } from '../core/world.ts';
import type { Store } from '../ports.ts';
import { decode } from '../std/json.ts';
import { utf8 } from '../std/text.ts';
import type { LaneContext } from './context.ts';
import type { Ledger } from './ledger.ts';

/** The brief for the tip as it stands. Needs a baseline that is kept. */
export async function briefOf(
  { lane, inputs, store }: LaneContext,
  ledger: Ledger,
  world: World,
): Promise<Brief> {
  const { commit, bpb } = ledger.tip!;
  const told = toldOf(ledger);
  const ran = await Promise.all(told.newest.map((decision) => ranOf(lane.name, store, decision)));
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
    noise: (await inputs.noise?.(commit)) ?? '',
    past: told.past.slice(),
    open: ledger.openInOrder.map((open) => open.proposal.description),
    ready: world.queue,
    tried: ledger.barred(),
    inconclusive: ledger.evidence.inconclusive,
    ran: ran.filter((report) => report !== null),
    imported: await importedInto(lane.name, store),
  };
}

/** What the decisions of a ledger tell, each of them looked at once. */
class Told {
  readonly past: PastExperiment[] = [];
  newest: readonly Decision[] = [];
  readonly #decisions: readonly Decision[];
  #seen = 0;
  #last: Decision | undefined;

  constructor(decisions: readonly Decision[]) {
    this.#decisions = decisions;
  }

  look(): Told {
    // One that another controller made may have come in between.
    if (this.#decisions[this.#seen - 1] !== this.#last) {
      this.#seen = 0;
      this.past.length = 0;
      this.newest = [];
    }
    const news = this.#decisions.slice(this.#seen).filter(isEvidence);
    for (const decision of news) this.past.push(pastOf(decision));
    this.newest = [...this.newest, ...news].slice(-RUNS_TOLD);
    this.#seen = this.#decisions.length;
    this.#last = this.#decisions.at(-1);
    return this;
  }
}

const told = new WeakMap<Ledger, Told>();

function toldOf(ledger: Ledger): Told {
  const known = told.get(ledger) ?? new Told(ledger.decisions);
  told.set(ledger, known);
  return known.look();
}

/** None where it cannot be read: it is only memory. */
async function importedInto(lane: string, store: Store): Promise<readonly ImportedExperiment[]> {
  const bytes = await store.get(keys.imported(lane));
  if (!bytes) return [];
  try {
    return importedSchema.parse(decode(bytes)).rows;
  } catch {
    return [];
  }
}

function pastOf(d: Decision): PastExperiment {
  const { experiment, description, source, status, baseBpb, reason, error } = d;
  // A win that was not there on unseen text is told by what it came to there: nobody is to build on the other number.
  const valBpb = reason === 'unseen' ? d.unseenBpb : d.valBpb;
  return { experiment, description, source, status, valBpb, baseBpb, reason, error };
}

/** Null where nothing was measured, or nothing that can be read is left of it: a brief is no reason to stop a lane. */
async function ranOf(
  lane: string,
  store: Store,
  { experiment, attempts }: Decision,
): Promise<RunReport | null> {
  const bytes = await store.get(keys.attempt(lane, experiment, attempts, 'result.json'));
  if (!bytes) return null;
  const outcome = outcomeIn(bytes);
  if (!outcome?.sealed) return null;
  const { sealed, tail } = outcome;
  const { steps, training_seconds, memory_mb, gpu: name, gpu_total_mb: totalMb, gpu_peak_mb } = sealed;
  const read = summaryIn(utf8(tail));
  const printed =
    read.kind === 'summary'
      ? {
          mfu: read.summary.mfu_percent,
          paramsM: read.summary.num_params_M,
          tokensM: read.summary.total_tokens_M,
        }
      : null;
  const gpu = totalMb === undefined ? null : { name, totalMb, peakMb: gpu_peak_mb || null };
  return { experiment, steps, trainingSeconds: training_seconds, memoryMb: memory_mb, gpu, printed };
}

function outcomeIn(bytes: Uint8Array): Outcome | null {
  try {
    return attemptResultSchema.parse(decode(bytes)).outcome;
  } catch {
    return null;
  }
}
