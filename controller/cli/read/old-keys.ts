// JSON keys of release 0.1, which stand beside the new ones until 0.3.
import type { ExperimentView, OpenView } from '../../views/experiment.ts';
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
