// Data on stdout, in the form that was asked for.
import { stringify } from 'csv-stringify/sync';
import { plainLine } from '../../std/text.ts';
import { lines } from './terminal.ts';

export const outputs = ['table', 'json', 'tsv'] as const;
export type Output = (typeof outputs)[number];

export type Cells = Readonly<Record<string, string | number | null>>;

/** Prints records: aligned for people, one JSON array for programs, TSV with a header for both. */
export function printRecords(
  records: readonly Cells[],
  output: Output,
  columns: readonly string[] = [...new Set(records.flatMap((record) => Object.keys(record)))],
): void {
  if (output === 'json') return write(JSON.stringify(records, null, 1));
  const rows = records.map((record) => columns.map((column) => show(record[column])));
  if (output === 'tsv') return write(stringify([columns, ...rows], { delimiter: '\t' }).trimEnd());
  const { isTTY } = process.stdout;
  const most = isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
  // At a terminal a column that no record fills takes room from the others.
  const all = !isTTY || rows.length === 0;
  const filled = columns.map((_, i) => all || rows.some((row) => row[i] !== ''));
  const shown = [columns, ...rows.map((row) => row.map((cell) => plainLine(cell)))];
  const table = align(shown.map((row) => row.filter((_, i) => filled[i])));
  write(table.map((line) => cut(line, most)).join('\n'));
}

/** A line per field that has a value. */
export function fieldsOf(record: Cells): string {
  const fields = Object.entries(record).filter(([, value]) => show(value) !== '');
  const width = Math.max(0, ...fields.map(([key]) => key.length));
  return fields.map(([key, value]) => `${key.padEnd(width)}  ${plainLine(show(value))}`).join('\n');
}

/** Writes lines: as they are where they are piped or redirected, readable at a terminal. */
export function write(text: string): void {
  const shown = process.stdout.isTTY ? lines(text) : text;
  process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

/** What does not fit into the width of the terminal is left out, so that a row is a line. */
function cut(line: string, most: number): string {
  if (line.length <= most) return line;
  const characters = [...line];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join('')}…`;
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => rows.reduce((most, row) => Math.max(most, row[i]!.length), 0)) ?? [];
  return rows.map((row) =>
    row
      .map((text, i) => text.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}

function show(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
