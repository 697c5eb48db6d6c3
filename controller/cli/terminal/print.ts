// Data on stdout, in the form that was asked for.
import { stringify } from 'csv-stringify/sync';
import { plainLine } from '../../std/text.ts';
import { lines } from './terminal.ts';

export const outputs = ['table', 'json', 'tsv'] as const;
export type Output = (typeof outputs)[number];

export type Cells = Readonly<Record<string, string | number | null>>;

/** Prints records: aligned for people, one JSON array for programs, TSV with a header for both. */
export function printRecords(records: readonly Cells[], output: Output): void {
  if (output === 'json') return write(JSON.stringify(records, null, 1));
  const columns = Object.keys(records[0] ?? {});
  const rows = records.map((record) => columns.map((column) => show(record[column])));
  if (output === 'tsv') return write(stringify([columns, ...rows], { delimiter: '\t' }).trimEnd());
  write(align([columns, ...rows.map((row) => row.map((cell) => plainLine(cell)))]));
}

/** Prints one record: a line per field for people. */
export function printRecord(record: Cells, output: Output): void {
  if (output !== 'table') return printRecords([record], output);
  const width = Math.max(...Object.keys(record).map((key) => key.length));
  const fields = Object.entries(record).map(
    ([key, value]) => `${key.padEnd(width)}  ${plainLine(show(value))}`,
  );
  write(fields.map((field) => field.trimEnd()).join('\n'));
}

/** Writes lines: as they are where they are piped or redirected, readable at a terminal. */
export function write(text: string): void {
  const shown = process.stdout.isTTY ? lines(text) : text;
  process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((text, i) => text.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function show(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
