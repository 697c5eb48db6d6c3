// What lanes that differ in nothing but their seed come to together.
import type { Row } from './grid.ts';
import { causes } from './lane.ts';

export interface Group {
  readonly rows: readonly Row[];
  /** True gain beside that of sequential greedy after as many runs, and its standard error over the seeds. */
  readonly ofSequential: { readonly ratio: number; readonly error: number } | null;
  /** True gain beside the claimed one: what measuring again finds. */
  readonly ofClaim: number;
  readonly falsePerThousand: number;
}

/** Groups in the order of their first rows. Of knobs the same policy at width 1 stands for the sequential one. */
export function groupsOf(rows: readonly Row[]): Group[] {
  const by = Map.groupBy(rows, ({ land, policy, width }) => `${land}, ${policy}, ${width}`);
  return [...by.values()].map((group) => groupOf(group, rows));
}

function groupOf(group: readonly Row[], rows: readonly Row[]): Group {
  const pairs = group.flatMap(({ land, seed, trueGain, sequentialGain }) => {
    const alone = rows.find(
      (row) => row.land === land && row.seed === seed && row.policy === 'plain' && row.width === 1,
    );
    const sequential = sequentialGain ?? alone?.trueGain;
    return sequential ? [{ gain: trueGain, sequential }] : [];
  });
  return {
    rows: group,
    ofSequential: pairs.length > 0 ? ratioOf(pairs) : null,
    ofClaim: sum(group, (row) => row.trueGain) / sum(group, (row) => row.claimedGain),
    falsePerThousand: (1000 * sum(group, (row) => row.falseKeeps)) / sum(group, (row) => row.experiments),
  };
}

/** Of sums, for a seed with little to gain says little; its error by leaving out one seed after another. */
export function ratioOf(pairs: readonly { gain: number; sequential: number }[]): {
  ratio: number;
  error: number;
} {
  const gain = sum(pairs, (pair) => pair.gain);
  const sequential = sum(pairs, (pair) => pair.sequential);
  const without = pairs.map((pair) => (gain - pair.gain) / (sequential - pair.sequential));
  const middle = sum(without, (ratio) => ratio) / without.length;
  const squares = sum(without, (ratio) => (ratio - middle) ** 2);
  return { ratio: gain / sequential, error: Math.sqrt(squares * (1 - 1 / without.length)) };
}

/** As one line of the table. */
export function toldOf({ rows, ofSequential, ofClaim, falsePerThousand }: Group) {
  const [first] = rows;
  const each = (of: (row: Row) => number, digits: number) => (sum(rows, of) / rows.length).toFixed(digits);
  const share = (part: number) => `${(100 * part).toFixed(1)} %`;
  const idle = causes.map((cause) => share(sum(rows, (row) => row.idle[cause]) / rows.length));
  return {
    land: first!.land,
    policy: first!.policy,
    width: first!.width,
    seeds: rows.length,
    runs: each((row) => row.runs, 0),
    'of sequential': ofSequential
      ? `${ofSequential.ratio.toFixed(2)} ± ${ofSequential.error.toFixed(2)}`
      : '',
    'true gain': each((row) => row.trueGain, 4),
    claimed: each((row) => row.claimedGain, 4),
    'of claim': ofClaim.toFixed(2),
    keeps: each((row) => row.keeps, 1),
    false: each((row) => row.falseKeeps, 1),
    'false per 1,000': falsePerThousand.toFixed(2),
    stacks: `${each((row) => row.stacksKept, 1)} of ${each((row) => row.stacks, 1)}`,
    'extra runs': share(sum(rows, (row) => row.extraRuns) / sum(rows, (row) => row.runs)),
    duplicates: each((row) => row.duplicates, 1),
    hours: each((row) => row.hours, 2),
    [`idle: ${causes.join(', ')}`]: idle.join(', '),
  };
}

function sum<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}
