// Which rows a person asked for.
import type { RowView } from './row.ts';
import { isLost } from './row.ts';

export const kinds = ['kept', 'discarded', 'crashed', 'lost'] as const;
type Kind = (typeof kinds)[number];

/** What a list can be sorted by. `order` is that of the decisions; in all others the best, or largest, is first. */
export const orders = ['order', 'bpb', 'delta', 'memory', 'time'] as const;
export type Order = (typeof orders)[number];

interface Wanted {
  /** Any of these; none named means all. */
  readonly kinds: readonly Kind[];
  /** Rows decided before it are left out. */
  readonly sinceMs: number;
  readonly order: Order;
  /** The newest so many of those that are left. */
  readonly last: number;
}

export function select(rows: readonly RowView[], { kinds, sinceMs, order, last }: Wanted): RowView[] {
  const wanted = rows.filter(
    (row) => row.timestampMs >= sinceMs && (kinds.length === 0 || kinds.includes(kindOf(row))),
  );
  const newest = last >= wanted.length ? wanted : wanted.slice(wanted.length - last);
  return order === 'order' ? newest : newest.toSorted((a, b) => rank(a, order) - rank(b, order));
}

function kindOf(row: RowView): Kind {
  if (row.status === 'keep') return 'kept';
  if (row.status === 'discard') return 'discarded';
  return isLost(row) ? 'lost' : 'crashed';
}

/** What has no number comes last. */
function rank(row: RowView, order: Exclude<Order, 'order'>): number {
  switch (order) {
    case 'bpb':
      return row.valBpb ?? Number.POSITIVE_INFINITY;
    case 'delta':
      return row.deltaBpb ?? Number.POSITIVE_INFINITY;
    case 'memory':
      return -row.memoryMb;
    case 'time':
      return -row.spentSeconds;
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `2h` before now, or a date such as 2026-11-29, 2026-11-29T08:00 (both local) or 2026-11-29T08:00Z; null where it is neither. */
export function sinceOf(text: string, nowMs: number): number | null {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  if (count) return nowMs - Number(count) * SECONDS[unit!]! * 1000;
  const date = /^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(text)
    ? // A date alone would be midnight in London, and one with a time local.
      Date.parse(text.length === 10 ? `${text}T00:00` : text)
    : Number.NaN;
  return Number.isNaN(date) ? null : date;
}
