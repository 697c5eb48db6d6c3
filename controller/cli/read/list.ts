// `list`: what was tried, and what is on trial.
import { Failure } from '../../failure.ts';
import { sigmasOf } from '../../report/noise-words.ts';
import { encode } from '../../report/results-tsv.ts';
import { deltaText, isLost, type RowView, rowView } from '../../views/row.ts';
import { kinds, type Order, select, sinceOf } from '../../views/selection.ts';
import { type LaneReader, type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { type Cells, type Output, printRecords, write } from '../terminal/print.ts';
import { tellDamaged } from './find.ts';
import { knownIn } from './noise-cells.ts';
import { currentStatus } from './overview.ts';
import { listRefused } from './refused.ts';

/** As typed. */
export interface ListFlags {
  readonly kept?: boolean;
  readonly discarded?: boolean;
  readonly crashed?: boolean;
  readonly lost?: boolean;
  readonly running?: boolean;
  readonly refused?: boolean;
  readonly last?: number;
  readonly since?: string;
  readonly sort?: Order;
}

/** Rows of results.tsv as TSV, typed rows as JSON, and for people also what is on trial; `running`: only that. */
export async function list(where: LaneSelector, flags: ListFlags, output: Output): Promise<void> {
  const reader = await read(where);
  if (flags.refused) return listRefused(reader, flags.last, output);
  tellDamaged(reader);
  if (flags.running) return printRecords(await trialCells(reader), output, TRIAL_COLUMNS);
  const rows = chosen(reader, flags);
  if (output === 'json') return write(JSON.stringify(rows, null, 1));
  if (output === 'tsv') {
    const wanted = new Map(reader.ledger.decisions.map((d) => [d.experiment, d]));
    return write(encode(rows.map(({ experiment }) => wanted.get(experiment)!)));
  }
  const all = !kinds.some((kind) => flags[kind]);
  const trials = all ? await trialCells(reader) : [];
  const { noise } = await knownIn(reader);
  const cells = rows.map((row) => ({ ...cellsOf(row), sigmas: sigmasOf(row.deltaBpb, noise) }));
  printRecords([...cells, ...trials], output, noise ? COLUMNS : COLUMNS.filter((one) => one !== 'sigmas'));
}

const TRIAL_COLUMNS = ['experiment', 'status', 'description'];
const COLUMNS = ['experiment', 'status', 'val_bpb', 'delta', 'sigmas', 'commit', 'error', 'description'];

function chosen({ ledger }: LaneReader, flags: ListFlags): RowView[] {
  const { since, last = Number.POSITIVE_INFINITY, sort = 'order' } = flags;
  const sinceMs = since === undefined ? 0 : sinceOf(since, Date.now());
  if (sinceMs === null)
    throw new Failure(2, `--since ${since} is no time; give one as 2h, 30m or 3d, or a date as 2026-11-29`);
  const wanted = { kinds: kinds.filter((kind) => flags[kind]), sinceMs, order: sort, last };
  return select(ledger.decisions.map(rowView), wanted);
}

function cellsOf(row: RowView): Cells {
  return {
    experiment: row.experiment,
    status: isLost(row) ? 'lost' : row.status,
    val_bpb: row.valBpb?.toFixed(6) ?? '',
    delta: deltaText(row.deltaBpb),
    commit: row.commit.slice(0, 7),
    error: row.error,
    description: row.description,
  };
}

/** What has no verdict yet. */
async function trialCells(reader: LaneReader): Promise<Cells[]> {
  const open = [...reader.ledger.open.values()];
  const { running, waiting } = await currentStatus(reader);
  return open.map(({ proposal: { experiment, description } }) => ({
    experiment,
    status: running.includes(experiment)
      ? 'running'
      : waiting.some((run) => run.experiment === experiment)
        ? 'waiting'
        : 'open',
    description,
  }));
}
