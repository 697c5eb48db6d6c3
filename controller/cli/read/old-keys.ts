// JSON keys of release 0.1, which stand beside the new ones until 0.3.
import type { ExperimentView, OpenView } from '../../views/experiment.ts';
import type { LaneOverview } from '../../views/overview.ts';
import type { Cells } from '../terminal/print.ts';

/** `show`: costs of the idea as text. */
export function oldCostKeys({ cost, fixUsd }: ExperimentView | OpenView): Cells {
  return {
    ...(cost && {
      model: cost.model,
      modelCalls: cost.calls,
      inputTokens: cost.inputTokens,
      cachedTokens: cost.cachedTokens,
      outputTokens: cost.outputTokens,
      proposalUsd: cost.usd.toFixed(6),
      proposalSeconds: cost.seconds.toFixed(1),
    }),
    ...(fixUsd > 0 && { fixUsd: fixUsd.toFixed(6) }),
  };
}

/** `status`: words and numbers as text. */
export function oldStatusKeys(view: LaneOverview): Cells {
  const { tip, spend, begun, keepRate } = view;
  return {
    lane: view.lane,
    state: view.state,
    why: view.why,
    running: view.training.join(' '),
    waiting: view.waits.map(({ experiment, sentence }) => `${experiment}: ${sentence}`).join('; '),
    experiments: view.experiments,
    kept: view.kept,
    discarded: view.discarded,
    crashed: view.crashed + view.lost,
    open: view.open.map(({ experiment }) => experiment).join(' '),
    baseline: fixed(view.baselineBpb, 6),
    best: fixed(view.bestBpb, 6),
    best_experiment: tip ? `${tip.experiment} (${tip.commit.slice(0, 7)}): ${tip.description}` : '',
    gain_per_hour: fixed(view.gainPerHour, 6),
    keep_rate: keepRate === null ? null : `${(100 * keepRate).toFixed(1)} %`,
    plateau: `${view.sinceLastKeep} since the last keep`,
    crashes: view.crashCauses.map(({ error, count }) => `${error} ${count}`).join(', '),
    hours: view.hours.toFixed(3),
    ...(spend && {
      spent_usd: spend.usd.toFixed(4),
      cap_usd: spend.capUsd,
      usd_per_gain: fixed(spend.usdPerKeep, 4),
      calls: spend.calls,
    }),
    guidance: view.guidance,
    trainer: begun?.trainer ?? '',
    budget: begun?.budgetSeconds == null ? '' : `${begun.budgetSeconds}s`,
    ...(begun?.clock && { clock: begun.clock }),
    seed: begun?.seed ?? null,
    confirm: begun?.confirm ?? null,
    require_sealed: begun?.requireSealed == null ? '' : String(begun.requireSealed),
    ...(begun?.text && { text: begun.text }),
  };
}

function fixed(value: number | null, digits: number): string | null {
  return value === null ? null : value.toFixed(digits);
}
