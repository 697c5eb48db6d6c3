// `list`, `show` and `logs`: what was tried.
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Decision } from '../../core/decision.ts';
import { keys } from '../../core/keys.ts';
import { Failure } from '../../failure.ts';
import { COLUMNS, encode, rowOf } from '../../report/results-tsv.ts';
import { type LaneReader, type LaneSelector, liveLogOf, read } from '../../wiring/lane-reader.ts';
import { isLocked } from '../../wiring/lock.ts';
import { type Cells, type Output, printRecord, printRecords, write } from '../terminal/print.ts';
import { print } from '../terminal/terminal.ts';
import { costCells } from './cost-cells.ts';

export async function list(where: LaneSelector, output: Output): Promise<void> {
  const { ledger } = await read(where);
  if (output === 'tsv') return write(encode(ledger.decisions));
  if (output === 'json') return write(JSON.stringify(ledger.decisions, null, 1));
  const shown = ['experiment', ...COLUMNS.slice(0, 5), 'error'] as const;
  const rows = ledger.decisions.map(rowOf);
  printRecords(
    rows.map((row) => Object.fromEntries(shown.map((column) => [column, row[column]]))),
    output,
  );
}

export interface ShowWhat {
  readonly diff?: boolean;
  readonly log?: boolean;
  readonly trainPy?: boolean;
}

/** Shows an experiment by its id (`42`, `000042`) or by the commit of its row. */
export async function show(
  where: LaneSelector,
  which: string,
  what: ShowWhat,
  output: Output,
): Promise<void> {
  const reader = await read(where);
  const { experiment, attempts } = find(reader, which);
  const file = what.diff ? 'diff.patch' : what.log ? 'run.log' : what.trainPy ? 'train.py' : null;
  if (file) {
    const bytes = await stored(reader, experiment, attempts, file);
    return print([bytes], process.stdout, file === 'run.log');
  }
  const decision = reader.ledger.decisions.find((d) => d.experiment === experiment);
  const cost = await costCells(reader, experiment, decision);
  if (decision) return printRecord({ ...decided(decision), ...cost }, output);
  const { proposal, results } = reader.ledger.open.get(experiment)!;
  const { description, hypothesis, source, base } = proposal;
  printRecord(
    {
      experiment,
      status: 'open',
      description,
      hypothesis,
      source,
      base,
      attempts: results.length + 1,
      ...cost,
    },
    output,
  );
}

function decided(d: Decision): Cells {
  const printed = (bpb: number | null) => bpb?.toFixed(6) ?? null;
  const numbers = { valBpb: printed(d.valBpb), unseenBpb: printed(d.unseenBpb) };
  const stackOf = d.stackOf?.join(' ') ?? null;
  return { ...d, ...numbers, stackOf, timestampMs: new Date(d.timestampMs).toISOString() };
}

/** The log of the last attempt; with `follow` the one under way, until it ends. */
export async function logs(where: LaneSelector, which: string, follow: boolean): Promise<void> {
  const reader = await read(where);
  const { experiment, attempts } = find(reader, which);
  if (reader.ledger.settled.has(experiment)) {
    const whole = await stored(reader, experiment, attempts, 'run.log');
    return print([whole], process.stdout, true);
  }
  const file = liveLogOf(reader, experiment, attempts);
  const again = { ...where, lane: reader.lane };
  // Nobody decides a run that outlived its controller: then it is over once its result is there.
  const abandoned = async () =>
    existsSync(join(dirname(file), 'result.json')) && !(await isLocked(reader.paths.lock));
  const ended = async () => (await abandoned()) || (await read(again)).ledger.settled.has(experiment);
  const growing = async function* () {
    const printed = yield* tail(file, follow, ended);
    if (!follow) return;
    // Its last lines may have come after the last look, and the run's folder goes away with it.
    const whole = await reader.store.get(keys.attempt(reader.lane, experiment, attempts, 'run.log'));
    if (whole) yield whole.subarray(printed);
  };
  await print(growing(), process.stdout, true);
}

/** Yields the file as it grows and returns the bytes yielded. Ends at its end, or when `ended` says so. */
async function* tail(
  file: string,
  follow: boolean,
  ended: () => Promise<boolean>,
): AsyncGenerator<Uint8Array, number> {
  let at = 0;
  for (;;) {
    const last = !follow || (await ended());
    const handle = await open(file).catch(() => null);
    if (!handle && !follow) throw new Failure(1, 'this run has written no log yet; wait a moment, or use -f');
    if (handle) {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(Math.max(0, size - at)),
        0,
        Math.max(0, size - at),
        at,
      );
      await handle.close();
      if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
    if (last) return at;
    await delay(200);
  }
}

function find({ ledger }: LaneReader, which: string): { experiment: string; attempts: number } {
  const id = /^\d{1,6}$/.test(which) ? which.padStart(6, '0') : null;
  const decision = ledger.decisions.find(
    (d) => d.experiment === id || (which.length >= 7 && d.commit.startsWith(which)),
  );
  if (decision) return { experiment: decision.experiment, attempts: decision.attempts };
  const open = id ? ledger.open.get(id) : undefined;
  if (open) return { experiment: id!, attempts: open.results.length + 1 };
  throw new Failure(1, `there is no experiment or commit ${which}; autoresearch list shows what there is`);
}

async function stored(
  { store, lane }: LaneReader,
  experiment: string,
  attempts: number,
  file: 'diff.patch' | 'run.log' | 'train.py',
): Promise<Uint8Array> {
  const bytes = await store.get(keys.attempt(lane, experiment, attempts, file));
  if (bytes) return bytes;
  if (file === 'diff.patch' && experiment === '000000')
    throw new Failure(1, 'the baseline has no diff; see --train-py');
  const key = join(lane, 'experiments', experiment, String(attempts), file);
  throw new Failure(1, `${key} is not in the store; result.json beside it says why`);
}
