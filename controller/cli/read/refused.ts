// `list --refused`: answers that were paid for and could not be used, and why.
import { type ReadRefusal, refusedCalls, refusedOf } from '../../llm/refused-log.ts';
import type { LaneReader } from '../../wiring/lane-reader.ts';
import { type Cells, type Output, printRecords, write } from '../terminal/print.ts';

/** The newest `last` calls, all by default. In JSON with the answers themselves. */
export async function listRefused(
  { store, lane }: LaneReader,
  last: number | undefined,
  output: Output,
): Promise<void> {
  const calls = await refusedCalls(store, lane);
  const refused = await refusedOf(store, lane, calls.slice(-(last ?? calls.length)));
  if (output === 'json') return write(JSON.stringify(refused.map(viewOf), null, 1));
  if (refused.length === 0) return write(output === 'tsv' ? '' : 'No answer was refused.');
  printRecords(refused.flatMap(cellsOf), output);
}

/** Of the answers that led to one idea, a sentence for each that was refused. */
export async function refusalsBefore(
  { store, lane }: LaneReader,
  calls: readonly number[],
): Promise<string[]> {
  const refused = await refusedOf(store, lane, calls);
  return refused.flatMap(({ n, ideas }) =>
    ideas.map(({ reason, sentence }) => `call ${n}: ${reason}, ${sentence}`),
  );
}

function viewOf({ n, atMs, ...refused }: ReadRefusal) {
  return { call: n, timestamp: timeOf(atMs), ...refused };
}

function cellsOf({ n, atMs, model, ideas }: ReadRefusal): Cells[] {
  return ideas.map(({ description, reason, sentence }) => ({
    ...{ call: n, timestamp: timeOf(atMs), model, reason, description },
    why: sentence,
  }));
}

function timeOf(atMs: number | null): string {
  return atMs === null ? '' : new Date(atMs).toISOString();
}
