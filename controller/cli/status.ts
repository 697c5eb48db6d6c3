// `autoresearch status`: trend and trouble of each lane.
import { alive } from '../adapters/process/liveness.ts';
import { trendOf } from '../core/trend.ts';
import { readControl } from '../ledger.ts';
import { holderOf } from './lock.ts';
import { type Cells, type Output, printRecord, printRecords, write } from './print.ts';
import { lanesIn, type Reading, readLane, type Where } from './reading.ts';
import { spendCells } from './spending.ts';

export async function status(where: Where, output: Output): Promise<void> {
  const lanes = where.lane ? [where.lane] : await lanesIn(where);
  const records = await Promise.all(lanes.map(async (lane) => recordOf(await readLane(where, lane))));
  if (output !== 'table') return printRecords(records, output);
  for (const [i, record] of records.entries()) {
    if (i > 0) write('\n');
    printRecord(record, output);
  }
}

async function recordOf(reading: Reading): Promise<Cells> {
  const { lane, place, store, view, ledger } = reading;
  const trend = trendOf(ledger.decisions);
  const { control, trouble } = await readControl(store, lane);
  const holder = await holderOf(place.lock);
  const running = holder !== null && (await alive(holder.pid, holder.startTime));
  const last = ledger.decisions.findLast((d) => d.status === 'keep');
  return {
    lane,
    state: view.foreign ?? trouble ?? (control.paused ? 'paused' : running ? 'running' : 'not running'),
    experiments: trend.experiments,
    kept: trend.kept,
    discarded: trend.discarded,
    crashed: trend.crashed,
    open: [...ledger.open.keys()].join(' '),
    baseline: fixed(trend.baselineBpb, 6),
    best: fixed(trend.bestBpb, 6),
    best_experiment: last ? `${last.experiment} (${last.commit.slice(0, 7)}): ${last.description}` : '',
    gain_per_hour: fixed(trend.gainPerHour, 6),
    keep_rate: trend.keepRate === null ? null : `${(100 * trend.keepRate).toFixed(1)} %`,
    plateau: `${trend.plateau} since the last keep`,
    crashes: trend.crashes.map(([cause, n]) => `${cause} ${n}`).join(', '),
    hours: trend.hours.toFixed(3),
    ...(await spendCells(reading)),
    guidance: control.guidance,
  };
}

function fixed(value: number | null, digits: number): string | null {
  return value === null ? null : value.toFixed(digits);
}
