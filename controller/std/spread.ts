// How far the numbers of a table lie apart once what its rows and its columns have in common is taken out.

export interface Spread {
  /** Standard deviation of one cell, in the unit of the cells. */
  readonly sigma: number;
  /** Degrees of freedom behind it: from how many numbers it is known. */
  readonly from: number;
}

/** From so many on a cell counts for no more than `ODD` standard deviations. */
export const ROBUST_FROM = 8;
const ODD = 3;
const ROUNDS = 8;
const SWEEPS = 10;

/** Rows may be of any length. Null where no row and no column has a second number. */
export function spreadOf(table: readonly (readonly (number | null)[])[]): Spread | null {
  const cells = table.flatMap((row, r) =>
    row.flatMap((value, c) =>
      value === null ? [] : [{ row: r, column: table.length === 1 ? 0 : c, value }],
    ),
  );
  const parts = (['row', 'column'] as const).map((part) => cells.map((cell) => cell[part]));
  const common = parts.reduce((sum, part) => sum + new Set(part).size, -1);
  const from = cells.length - common;
  if (cells.length === 0 || from < 1) return null;
  const robust = from >= ROBUST_FROM;
  const values = cells.map(({ value }) => value);
  let tamed = values;
  for (let round = 1; ; round++) {
    const rest = restOf(tamed, parts);
    if (!robust || round === ROUNDS)
      return { sigma: Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0) / from), from };
    const sizes = rest.map(Math.abs).sort((a, b) => a - b);
    // Of what is spread normally half is within 0.6745 standard deviations.
    const most = ODD * (sizes[sizes.length >> 1]! / 0.6745) * Math.sqrt(cells.length / from);
    tamed = values.map((value, i) => {
      const fit = tamed[i]! - rest[i]!;
      return fit + Math.max(-most, Math.min(most, value - fit));
    });
  }
}

/** How far the first number of a row lies above the mean of the next `count`, as the mean of so many rows; undefined of none. */
export function firstAbove(
  table: readonly (readonly number[])[],
  count: number,
): { above: number; from: number } | undefined {
  const rows = table.filter((row) => row.length > count);
  const above = rows.map(([first, ...rest]) => first! - meanOf(rest.slice(0, count)));
  return rows.length > 0 ? { above: meanOf(above), from: rows.length } : undefined;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The values without the means of their rows and columns. */
function restOf(values: readonly number[], parts: readonly (readonly number[])[]): number[] {
  let rest = [...values];
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const part of parts) {
      const [sums, counts] = [new Map<number, number>(), new Map<number, number>()];
      for (const [i, key] of part.entries()) {
        sums.set(key, (sums.get(key) ?? 0) + rest[i]!);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      rest = rest.map((value, i) => value - sums.get(part[i]!)! / counts.get(part[i]!)!);
    }
  return rest;
}
