// `autoresearch status`: trend and trouble of each lane.
import { Failure } from '../../failure.ts';
import { readControl } from '../../loop/outside-changes.ts';
import { type LaneStatus, readStatus } from '../../observers/status-file.ts';
import { trendOf } from '../../report/trend.ts';
import type { Begun } from '../../settings/begun.ts';
import { readBegun } from '../../wiring/begun.ts';
import { type LaneReader, type LaneSelector, lanesIn, readLane } from '../../wiring/lane-reader.ts';
import { isLocked } from '../../wiring/lock.ts';
import { LanePaths } from '../../wiring/paths.ts';
import { type Cells, fieldsOf, type Output, printRecords, write } from '../terminal/print.ts';
import { sentence } from '../terminal/terminal.ts';
import { spendCells } from './cost-cells.ts';

export async function status(where: LaneSelector, output: Output): Promise<void> {
  const lanes = await lanesOf(where);
  const records = await Promise.all(lanes.map(async (lane) => recordOf(await readLane(where, lane))));
  if (output !== 'table') return printRecords(records, output);
  for (const [i, record] of records.entries()) {
    if (i > 0) write('\n');
    write(fieldsOf(record));
  }
}

/** The lane that was named, also one that waits and is not begun yet; else all that there are. */
async function lanesOf(where: LaneSelector): Promise<string[]> {
  const { lane } = where;
  if (lane && (await readStatus(new LanePaths(where.dir).status(lane)))) return [lane];
  const lanes = await lanesIn(where);
  if (!lane) return lanes;
  if (!lanes.includes(lane)) throw new Failure(3, `there is no lane ${lane}; there is ${lanes.join(', ')}`);
  return [lane];
}

async function recordOf(reader: LaneReader): Promise<Cells> {
  const { lane, store, view, ledger } = reader;
  const trend = trendOf(ledger.decisions);
  const { control, trouble } = await readControl(store, lane);
  const now = await currentStatus(reader);
  const last = ledger.decisions.findLast((d) => d.status === 'keep');
  return {
    lane,
    state: sentence(view.foreign ?? trouble ?? (control.paused ? 'paused' : now.state)),
    why: sentence(now.why),
    running: now.running.join(' '),
    waiting: sentence(now.waiting.map((run) => `${run.experiment}: ${run.sentence}`).join('; ')),
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
    ...(await spendCells(reader)),
    guidance: control.guidance,
    ...begunCells(await readBegun(lane, reader)),
  };
}

/** What the lane was begun with, and stays. */
function begunCells(begun: Begun | null): Cells {
  const { trainer, budgetSeconds, clock, seed, confirm, requireSealed, text } = begun ?? {};
  return {
    trainer: trainer ?? '',
    budget: budgetSeconds === undefined ? '' : `${budgetSeconds}s`,
    ...(clock && { clock }),
    seed: seed ?? null,
    confirm: confirm ?? null,
    require_sealed: requireSealed === undefined ? '' : String(requireSealed),
    ...(text && { text }),
  };
}

/** A cluster's controller says what it is at; of a laptop's the lock tells whether it is there. */
export async function currentStatus({
  lane,
  paths,
  settings,
}: LaneReader): Promise<Omit<LaneStatus, 'pid' | 'startTime' | 'state'> & { state: string }> {
  const now = await readStatus(paths.status(lane));
  if (now) return now;
  const running = await isLocked(paths.lock);
  const far = settings.frontier.url !== '' || settings.store.url !== '';
  // Of a lane that lives elsewhere this machine knows the results and not who makes them.
  const nobody = far ? 'no controller on this machine; see --context' : 'not running';
  return { state: running ? 'running' : nobody, why: '', running: [], waiting: [] };
}

function fixed(value: number | null, digits: number): string | null {
  return value === null ? null : value.toFixed(digits);
}
