// Figures of a benchmark: named, with their unit and what is hoped for, printed as one table.
import { printRecords } from '../../controller/cli/terminal/print.ts';

export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What the project aims at, in words; '' where the figure is only for reading along. */
  readonly aim: string;
}

export function printFigures(figures: readonly Figure[]): void {
  printRecords(
    figures.map(({ what, value, unit, aim }) => ({ what, value: round(value), unit, aim })),
    'table',
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
