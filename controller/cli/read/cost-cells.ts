// What a lane's ideas cost, for `status`.

import { BASELINE } from '../../core/experiment.ts';
import { usdOf } from '../../core/money.ts';
import { reservationAt, spendsOf } from '../../llm/spend-log.ts';
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
