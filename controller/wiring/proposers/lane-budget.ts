// What the proposers of a lane may spend, by its setting and by a person's hand.
import { nanoUsd } from '../../core/money.ts';
import { Budget } from '../../llm/budget.ts';
import type { LaneContext } from '../../loop/context.ts';
import { readControl } from '../../loop/outside-changes.ts';

interface Caps {
  readonly maxUsd: number;
  readonly maxTokens: number | null;
}

/** The setting's caps and a person's; an unreadable control.json may have said that nothing be spent. */
export function budgetOf(
  { maxUsd, maxTokens }: Caps,
  { store, observer }: Pick<LaneContext, 'store' | 'observer'>,
  lane: string,
): Budget {
  const caps = async () => {
    const { control, trouble } = await readControl(store, lane);
    if (trouble) return { sentence: trouble, passing: true };
    const { usd } = control.limits;
    return {
      nanoUsd: nanoUsd(maxUsd),
      tokens: maxTokens,
      controlNanoUsd: usd === null ? null : nanoUsd(usd),
    };
  };
  return new Budget(store, lane, caps, (call) => observer.happened({ kind: 'paid', call }));
}
