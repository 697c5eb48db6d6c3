// A lane as W&B takes it: lines that a short program of W&B's own package makes offline runs of.
import type { Decision } from '../core/decision.ts';
import { EXPERIMENT_TAG, mlflowRun } from './mlflow.ts';

/** One JSON object a line, a run for each experiment. */
export function wandbLines(lane: string, decisions: readonly Decision[], redact: boolean): string {
  return decisions.map((decision) => `${JSON.stringify(wandbRun(lane, decision, redact))}\n`).join('');
}

/** The same facts as of an MLflow run. Its id stays, so that one that is sent again is the same run. */
function wandbRun(lane: string, decision: Decision, redact: boolean) {
  const { name, metrics, params, tags } = mlflowRun(decision, redact);
  const named = (pairs: readonly { key: string; value: unknown }[]) =>
    Object.fromEntries(pairs.map(({ key, value }) => [key.replace(/^.*\./, ''), value]));
  return {
    id: `${lane}-${decision.experiment}-${decision.commit.slice(0, 12)}`,
    project: `autoresearch-${lane}`,
    name,
    notes: decision.description,
    tags: [decision.status],
    step: Number(decision.experiment),
    config: {
      ...named(params),
      ...named(tags.filter(({ key }) => key.startsWith('autoresearch.') && key !== EXPERIMENT_TAG)),
      experiment: decision.experiment,
      commit: decision.commit,
    },
    metrics: named(metrics),
  };
}

/** What the lines need beside them. */
export const WANDB_PROGRAM = [
  '# Makes an offline W&B run of each line of wandb.jsonl beside it. Needs: pip install wandb',
  '# Then send them: wandb sync wandb/offline-run-*',
  'import json, pathlib, wandb',
  '',
  'here = pathlib.Path(__file__).resolve().parent',
  'for line in open(here / "wandb.jsonl", encoding="utf-8"):',
  '    run = json.loads(line)',
  '    what = {key: run[key] for key in ("id", "project", "name", "notes", "tags", "config")}',
  '    with wandb.init(mode="offline", dir=here, **what) as logged:',
  '        logged.log({"experiment": run["step"], **run["metrics"]})',
  '',
].join('\n');
