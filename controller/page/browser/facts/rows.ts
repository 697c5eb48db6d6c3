// PageRows as the page works with them.
import type { PageRow, PageRows } from '../../schema.ts';

export function rowsFrom({ columns, rows }: PageRows): PageRow[] {
  return rows.map((values) => Object.fromEntries(columns.map((column, i) => [column, values[i]])) as PageRow);
}

export type SortKey =
  | 'experiment'
  | 'status'
  | 'valBpb'
  | 'change'
  | 'description'
  | 'timestampMs'
  | 'memoryMb'
  | 'wallSeconds';

/** Against what the edit was made on; lower is better. */
export function changeOf({ valBpb, baseBpb }: PageRow): number | null {
  return valBpb === null || baseBpb === null ? null : valBpb - baseBpb;
}

/** What is shown, and in which order: all that the URL says. */
export interface Selection {
  /** '' is any verdict. */
  readonly status: string;
  readonly text: string;
  readonly sort: SortKey;
  readonly down: boolean;
}

/** Those that the URL asks for, in the order that they have. */
export function found(
  rows: readonly PageRow[],
  { status, text }: Pick<Selection, 'status' | 'text'>,
): PageRow[] {
  const wanted = text.toLowerCase();
  const has = (row: PageRow) =>
    wanted === '' ||
    row.description.toLowerCase().includes(wanted) ||
    row.error.toLowerCase().includes(wanted) ||
    row.commit.startsWith(wanted) ||
    Number(row.experiment) === Number(wanted);
  return rows.filter((row) => (status === '' || row.status === status) && has(row));
}

/** In the order that the URL asks for. Apart from what is looked for, which changes with each key. */
export function sorted(
  rows: readonly PageRow[],
  { sort, down }: Pick<Selection, 'sort' | 'down'>,
): PageRow[] {
  const sign = down ? -1 : 1;
  const value = (row: PageRow) => (sort === 'change' ? changeOf(row) : row[sort]);
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === y) return sign * (Number(a.experiment) - Number(b.experiment));
    if (x === null || y === null) return x === null ? 1 : -1; // what has no number stands last, either way
    return x < y ? -sign : sign;
  });
}
