// A lane as MLflow takes it: an experiment of a lane is a run there.
import type { Decision } from '../core/decision.ts';

/** What a run is created with, and what is logged to it, in the words of MLflow's REST interface. */
export interface MlflowRun {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly status: 'FINISHED' | 'FAILED';
  readonly metrics: readonly { readonly key: string; readonly value: number }[];
  readonly params: readonly { readonly key: string; readonly value: string }[];
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

/** By these tags a run is known again, so that none is made twice. */
export const EXPERIMENT_TAG = 'autoresearch.experiment';
export const COMMIT_TAG = 'mlflow.source.git.commit';
/** What MLflow takes of a value: of a param in all its versions, of a tag in the older ones. */
const CHARACTERS = 500;

/** `redact`: without what tells of people and machines. */
export function mlflowRun(decision: Decision, redact: boolean): MlflowRun {
  const { experiment, status, valBpb, unseenBpb, baseBpb, memoryMb, timestampMs, wallSeconds } = decision;
  const numbers: Readonly<Record<string, number | null>> = {
    val_bpb: valBpb,
    unseen_bpb: unseenBpb,
    delta_bpb: valBpb === null || baseBpb === null ? null : Number((valBpb - baseBpb).toFixed(6)),
    memory_mb: status === 'crash' ? null : memoryMb,
    training_seconds: decision.trainingSeconds,
    wall_seconds: wallSeconds,
    spent_seconds: decision.spentSeconds,
  };
  const words: Readonly<Record<string, string | number>> = {
    status,
    source: decision.source,
    seed: decision.seed,
    attempts: decision.attempts,
    sealed: decision.sealed,
    ...(redact ? {} : { gpu: decision.gpu, error: decision.error }),
  };
  const tags: Readonly<Record<string, string>> = {
    [EXPERIMENT_TAG]: experiment,
    'autoresearch.reason': decision.reason,
    'mlflow.note.content': decision.description,
    [COMMIT_TAG]: decision.commit,
    'autoresearch.base': decision.base ?? '',
  };
  return {
    name: `${Number(experiment)} ${status}`,
    startMs: Math.round(timestampMs - 1000 * wallSeconds),
    endMs: timestampMs,
    status: status === 'crash' ? 'FAILED' : 'FINISHED',
    metrics: Object.entries(numbers).flatMap(([key, value]) => (value === null ? [] : [{ key, value }])),
    params: textsOf(words),
    tags: textsOf(tags),
  };
}

function textsOf(values: Readonly<Record<string, string | number>>): { key: string; value: string }[] {
  const texts = Object.entries(values).map(([key, value]) => ({
    key,
    value: String(value).slice(0, CHARACTERS),
  }));
  return texts.filter(({ value }) => value !== '');
}
