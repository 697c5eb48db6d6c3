// What the store tells of experiments beside their Decisions, for a brief. None of it ever changes, so it is read once.
import {
  type ImportedExperiment,
  importedSchema,
  type PastExperiment,
  type RunReport,
  type ShownDiff,
} from '../../brief.ts';
import type { Decision } from '../../core/decision.ts';
import { proposalSchema } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { parse as summaryIn } from '../../core/log/summary.ts';
import { attemptResultSchema } from '../../core/verdict.ts';
import type { Store } from '../../ports.ts';
import { decode } from '../../std/json.ts';
import { text, utf8 } from '../../std/text.ts';

const AT_ONCE = 64;
const DIFFS_SHOWN = 3;
const LOSSES_TOLD = 8;
const PATCH_BYTES = 4096;
/** A discard that lost no more than this share of the metric came close. */
const NEAR_SHARE = 0.003;

/** What an experiment's own objects say of it. */
export interface Facts {
  readonly hypothesis: string;
  readonly kind: PastExperiment['kind'];
  readonly run: RunReport | null;
}

/** By store and experiment. */
const read = new WeakMap<Store, Map<string, Facts>>();

/** None where it cannot be read: it is only memory. */
export async function importedInto(lane: string, store: Store): Promise<readonly ImportedExperiment[]> {
  const bytes = await store.get(keys.imported(lane));
  if (!bytes) return [];
  try {
    return importedSchema.parse(decode(bytes)).rows;
  } catch {
    return [];
  }
}

/** The best of them. */
export function nearMisses(told: readonly Decision[]): Decision[] {
  const loss = (d: Decision) => d.valBpb! - d.baseBpb!;
  const near = told.filter(
    (d) =>
      d.status === 'discard' && d.valBpb !== null && d.baseBpb !== null && loss(d) <= NEAR_SHARE * d.baseBpb,
  );
  return near.toSorted((a, b) => loss(a) - loss(b)).slice(0, DIFFS_SHOWN);
}

export async function diffsOf(
  lane: string,
  store: Store,
  decisions: readonly Decision[],
): Promise<ShownDiff[]> {
  const found = await Promise.all(
    decisions.map(async ({ experiment, attempts }) => {
      const patch = await store.get(keys.attempt(lane, experiment, attempts, 'diff.patch'));
      return patch && { experiment, patch: text(patch.subarray(0, PATCH_BYTES)) };
    }),
  );
  return found.filter((one) => one !== null);
}

export async function factsOf(
  lane: string,
  store: Store,
  decisions: readonly Decision[],
): Promise<(experiment: string) => Facts> {
  const facts = read.get(store) ?? new Map<string, Facts>();
  read.set(store, facts);
  const key = (experiment: string) => keys.proposal(lane, experiment);
  const missing = decisions.filter(({ experiment }) => !facts.has(key(experiment)));
  for (let at = 0; at < missing.length; at += AT_ONCE)
    await Promise.all(
      missing.slice(at, at + AT_ONCE).map(async (decision) => {
        facts.set(key(decision.experiment), await readFacts(lane, store, decision));
      }),
    );
  return (experiment) => facts.get(key(experiment))!;
}

/** What cannot be read any more is left out: a brief is no reason to stop a lane. */
async function readFacts(lane: string, store: Store, decision: Decision): Promise<Facts> {
  const { experiment, attempts } = decision;
  const [proposal, result] = await Promise.all([
    store.get(keys.proposal(lane, experiment)),
    store.get(keys.attempt(lane, experiment, attempts, 'result.json')),
  ]);
  const proposed = proposal && readable(() => proposalSchema.parse(decode(proposal)));
  return {
    hypothesis: proposed?.hypothesis ?? '',
    kind: proposed?.kind,
    run: result && readable(() => ranOf(experiment, result)),
  };
}

function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Null where nothing was measured. */
function ranOf(experiment: string, bytes: Uint8Array): RunReport | null {
  const { outcome } = attemptResultSchema.parse(decode(bytes));
  if (!outcome.sealed) return null;
  const { sealed, tail } = outcome;
  const { steps, training_seconds, memory_mb, gpu: name, gpu_total_mb: totalMb, gpu_peak_mb } = sealed;
  const summary = summaryIn(utf8(tail));
  const printed =
    summary.kind === 'summary'
      ? {
          mfu: summary.summary.mfu_percent,
          paramsM: summary.summary.num_params_M,
          tokensM: summary.summary.total_tokens_M,
        }
      : null;
  const gpu = totalMb === undefined ? null : { name, totalMb, peakMb: gpu_peak_mb || null };
  const losses = [...tail.matchAll(/\bloss: (\d+\.\d+)/g)].map((said) => Number(said[1])).slice(-LOSSES_TOLD);
  return { experiment, steps, trainingSeconds: training_seconds, memoryMb: memory_mb, gpu, printed, losses };
}
