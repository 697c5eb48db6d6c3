// What lies across the picture: experiments, the time of the day, hours of the machine, or dollars.
import type { Across } from '../../../report/picture/frame.ts';
import type { PageRow, SpentPoint } from '../../schema.ts';

export const AXES = ['experiment', 'time', 'hours', 'usd'] as const;
export type Axis = (typeof AXES)[number];

/** Null: by experiment. `spent`: dollars in all at points of time, growing. */
export function acrossOf(axis: Axis, rows: readonly PageRow[], spent: readonly SpentPoint[]): Across | null {
  switch (axis) {
    case 'experiment':
      return null;
    case 'time':
      return {
        at: growing(rows.map((row) => row.timestampMs)),
        words: 'when it was decided',
        tick: dayAndTime,
        ticks: timesBetween,
      };
    case 'hours': {
      let seconds = 0;
      const at = rows.map(({ spentSeconds }) => {
        seconds += spentSeconds;
        return seconds / 3600;
      });
      return { at, words: 'machine hours of all runs', tick: plain };
    }
    case 'usd':
      return {
        at: growing(rows.map((row) => usdAt(row.timestampMs, spent))),
        words: 'USD for ideas, as far as spent when it was decided',
        tick: plain,
      };
  }
}

/** Between two points it is as if it were spent evenly. */
function usdAt(ms: number, spent: readonly SpentPoint[]): number {
  const after = spent.findIndex(([at]) => at > ms);
  if (after === 0 || spent.length === 0) return 0;
  if (after < 0) return spent.at(-1)![1];
  const [[from, low], [to, high]] = [spent[after - 1]!, spent[after]!];
  return low + ((high - low) * (ms - from)) / Math.max(1, to - from);
}

/** Two controllers have two clocks: a row never lies left of the one before it. */
function growing(values: readonly number[]): number[] {
  let most = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    most = Math.max(most, value);
    return most;
  });
}

const MINUTES = [1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10_080, 43_200];
const TICKS_AT_MOST = 9;

/** Full minutes, hours or days by the clock of this machine. */
function timesBetween(from: number, to: number): number[] {
  const step = 60_000 * (MINUTES.find((n) => (to - from) / (60_000 * n) <= TICKS_AT_MOST) ?? MINUTES.at(-1)!);
  const zone = 60_000 * new Date(from).getTimezoneOffset();
  const first = Math.ceil((from - zone) / step) * step + zone;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

function plain(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function dayAndTime(ms: number): string {
  const date = new Date(ms);
  const time = date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
  return `${date.getDate()}.${date.getMonth() + 1}. ${time}`;
}
