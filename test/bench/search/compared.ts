// Those who keep one file at a time, beside the same one after another.
import { lands, type Row, sequential } from './grid.ts';
import { peer } from './peers.ts';
import type { Line } from './picture.ts';
import { groupsOf, ratioOf } from './table.ts';

export interface Compared {
  readonly waves: boolean;
  readonly width: number;
  readonly ratio: number;
  readonly error: number;
  readonly ofClaim: number;
  readonly keeps: number;
  readonly falseKeeps: number;
}

/** Peers on the land of lines, at as many runs as the lanes of the bench have experiments. */
export function comparedAt(width: number, runs: number, seeds: readonly number[], waves: boolean): Compared {
  const all = seeds.map((seed) => {
    const land = { ...lands.lines!, seed };
    const at = peer(land, { width, runs, waves }).reached.at(-1)!;
    return { ...at, gain: at.trueGain, sequential: sequential(land, runs) };
  });
  const sum = (of: (each: (typeof all)[number]) => number) => all.reduce((s, each) => s + of(each), 0);
  return {
    ...ratioOf(all),
    waves,
    width,
    ofClaim: sum((each) => each.trueGain) / sum((each) => each.claimedGain),
    keeps: sum((each) => each.keeps) / all.length,
    falseKeeps: sum((each) => each.falseKeeps) / all.length,
  };
}

const NAMES: Readonly<Record<string, string>> = { plain: 'plain rule', 'evidence 2': 'evidence: 2' };
const COLOURS: Readonly<Record<string, string>> = { plain: '#2f6fde', 'evidence 2': '#27ae60' };

/** What the picture of gains shows. */
export function linesOf(rows: readonly Row[], compared: readonly Compared[]): Line[] {
  const groups = groupsOf(rows.filter((row) => row.land === 'lines'));
  const ours = Object.keys(NAMES).map((policy) => ({
    name: NAMES[policy]!,
    colour: COLOURS[policy]!,
    points: groups
      .filter((group) => group.rows[0]!.policy === policy)
      .map(({ rows: [row], ofSequential }) => ({
        width: row!.width,
        value: ofSequential!.ratio,
        error: ofSequential!.error,
      }))
      .sort((a, b) => a.width - b.width),
  }));
  const theirs = [false, true].map((waves) => ({
    name: waves ? 'best of each wave' : 'whole file, as it ends',
    colour: waves ? '#d68910' : '#d64545',
    points: [
      { width: 1, value: 1, error: 0 },
      ...compared
        .filter((each) => each.waves === waves)
        .map(({ width, ratio, error }) => ({ width, value: ratio, error })),
    ],
  }));
  return [...ours, ...theirs];
}
