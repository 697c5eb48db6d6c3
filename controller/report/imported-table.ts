// A results.tsv from elsewhere, as a proposer may be told of it: karpathy's five columns, or ours.
import { parse } from 'csv-parse/sync';
import type { ImportedExperiment } from '../brief.ts';
import { plainLine } from '../std/text.ts';
import { COLUMNS } from './results-tsv.ts';

const NEEDED = COLUMNS.slice(0, 5);
const STATUSES = ['keep', 'discard', 'crash'] as const;
const DESCRIPTION_CHARACTERS = 400;
/** A run of a human week, a hundred times over. */
const ROWS_AT_MOST = 10_000;

type Table =
  /** `leftOut`: lines whose status is none of the three words. */
  | { readonly kind: 'rows'; readonly rows: readonly ImportedExperiment[]; readonly leftOut: number }
  | { readonly kind: 'refused'; readonly sentence: string };

/** `name` is what its sentences call the table. */
export function importedTable(text: string, name: string): Table {
  const refused = (why: string, fix: string): Table => ({
    kind: 'refused',
    sentence: `${name} is not used: ${why}; ${fix}`,
  });
  if (text.includes('\0')) return refused('it is no text', 'give a results.tsv');
  let records: string[][];
  try {
    records = parse(text, {
      delimiter: '\t',
      bom: true,
      recordDelimiter: ['\r\n', '\n', '\r'],
      relaxColumnCount: true,
      relaxQuotes: true,
      skipEmptyLines: true,
    });
  } catch (error) {
    return refused(`it cannot be read as a table (${(error as Error).message})`, 'correct it, and try again');
  }
  const [header, ...body] = records;
  if (header === undefined) return refused('it is empty', 'give a table with a line of column names');
  const names = header.map((cell) => cell.trim());
  const missing = NEEDED.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const one = names.length === 1 && /[,;]/.test(names[0]!);
    const why = one
      ? 'nothing in its first line is separated by tabs'
      : `it lacks ${missing.length === 1 ? 'the column' : 'the columns'} ${missing.join(', ')}`;
    return refused(why, `give a table with the columns ${NEEDED.join(', ')}, separated by tabs`);
  }
  if (body.length > ROWS_AT_MOST)
    return refused(
      `it has ${body.length} rows, and at most ${ROWS_AT_MOST} are read`,
      'give its newest rows alone',
    );
  const cellOf = (record: string[], column: string) => (record[names.indexOf(column)] ?? '').trim();
  const rows: ImportedExperiment[] = [];
  for (const [i, record] of body.entries()) {
    const status = STATUSES.find((word) => word === cellOf(record, 'status').toLowerCase());
    if (status === undefined) continue;
    const written = cellOf(record, 'val_bpb');
    const value = written === '' ? Number.NaN : Number(written);
    // A crash is written as 0.000000.
    const valBpb = status !== 'crash' && value > 0 && Number.isFinite(value) ? value : null;
    if (status !== 'crash' && valBpb === null)
      return refused(
        `row ${i + 1} is a ${status} whose val_bpb is ${JSON.stringify(plainLine(written, 40))}`,
        'correct it to a number above 0, and try again',
      );
    const description = plainLine(cellOf(record, 'description'), DESCRIPTION_CHARACTERS);
    rows.push({ description, status, valBpb });
  }
  if (rows.length === 0)
    return refused('no row of it is a keep, a discard or a crash', 'give a table with such rows');
  return { kind: 'rows', rows, leftOut: body.length - rows.length };
}
