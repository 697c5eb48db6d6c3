// Data on stdout, in the form that was asked for.
import { stringify } from 'csv-stringify/sync';

export const outputs = ['table', 'json', 'tsv'] as const;
export type Output = (typeof outputs)[number];

export type Cells = Readonly<Record<string, string | number | null>>;

/** Prints records: aligned for people, one JSON array for programs, TSV with a header for both. */
export function printRecords(records: readonly Cells[], output: Output): void {
  if (output === 'json') return write(JSON.stringify(records, null, 1));
  const columns = Object.keys(records[0] ?? {});
  const lines = records.map((record) => columns.map((column) => show(record[column])));
  if (output === 'tsv') return write(stringify([columns, ...lines], { delimiter: '\t' }).trimEnd());
  write(align([columns, ...lines]));
}

/** Prints one record: a line per field for people. */
export function printRecord(record: Cells, output: Output): void {
  if (output !== 'table') return printRecords([record], output);
  const width = Math.max(...Object.keys(record).map((key) => key.length));
  const lines = Object.entries(record).map(([key, value]) => `${key.padEnd(width)}  ${show(value)}`);
  write(lines.map((line) => line.trimEnd()).join('\n'));
}

export function write(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

function align(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, i) => Math.max(...lines.map((line) => line[i]!.length))) ?? [];
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function show(value: string | number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
