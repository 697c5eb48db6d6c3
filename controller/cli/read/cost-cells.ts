// What a lane's ideas cost, for `status` and `show`.

import type { Decision } from '../../core/decision.ts';
import { BASELINE, proposalSchema } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { usdOf } from '../../core/money.ts';
import { reservationAt, spendsOf } from '../../llm/spend-log.ts';
import { parse } from '../../std/json.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';
import type { Cells } from '../terminal/print.ts';

/** Spend, cap and dollars per gain; nothing where the lane never spent anything. */
export async function spendCells({ store, lane, ledger }: LaneReader): Promise<Cells> {
  const spends = await spendsOf(store, lane);
  if (spends.length === 0) return {};
  const usd = usdOf(spends.reduce((sum, spend) => sum + spend.nanoUsd, 0));
  const { capNanoUsd } = await reservationAt(store, lane, spends.at(-1)!.n);
  const gains = ledger.decisions.filter((d) => d.status === 'keep' && d.experiment !== BASELINE).length;
  return {
    spent_usd: usd.toFixed(4),
    cap_usd: usdOf(capNanoUsd),
    usd_per_gain: gains === 0 ? null : (usd / gains).toFixed(4),
    calls: spends.length,
  };
}

/** Model, tokens, dollars and seconds of the proposal of an experiment, and what its repairs cost. */
export async function costCells(
  { store, lane }: LaneReader,
  experiment: string,
  decision: Decision | undefined,
): Promise<Cells> {
  const bytes = await store.get(keys.proposal(lane, experiment));
  const cost = bytes && parse(proposalSchema, bytes, `proposal of ${experiment}`).cost;
  const fixes = !decision || decision.attempts > 1 ? await spendsOf(store, lane) : [];
  const fixUsd = usdOf(
    fixes.filter((spend) => spend.experiment === experiment).reduce((sum, spend) => sum + spend.nanoUsd, 0),
  );
  return {
    ...(cost && {
      model: cost.model,
      modelCalls: cost.calls,
      inputTokens: cost.inputTokens + cost.cacheReadTokens + cost.cacheWriteTokens,
      cachedTokens: cost.cacheReadTokens,
      outputTokens: cost.outputTokens,
      proposalUsd: cost.usd.toFixed(6),
      proposalSeconds: cost.seconds.toFixed(1),
    }),
    ...(fixUsd > 0 && { fixUsd: fixUsd.toFixed(6) }),
  };
}
