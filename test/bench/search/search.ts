// `npm run bench -- search`: what parallel lanes gain, on the real loop in virtual time, beside those who keep one at a
// time. `--rows FILE` takes the lanes that are in the file and adds the others, as lines of JSON; `--only WORD` runs some of them,
// and `--write` draws the picture of docs/search.md.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printRecords } from '../../../controller/cli/terminal/print.ts';
import type { Figure } from '../figures.ts';
import { type Compared, comparedAt, linesOf } from './compared.ts';
import { type Cell, type Row, rowOf } from './grid.ts';
import { picture } from './picture.ts';
import { groupsOf, toldOf } from './table.ts';
import { validity } from './validity.ts';

const PICTURE = join(import.meta.dirname, '../../../docs/images/search-gains.svg');
const WORDS = {
  title: 'True gain at equal runs; 1.0 is one experiment after another',
  below: 'runs at a time',
  most: 1.4,
};
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const FEW = [1, 2, 3];
/** Many lanes are compared at one width. */
const WIDTH = 64;
const POLICIES = ['plain', 'evidence 2'];

/** Every lane of the bench, those that matter most first. */
export function cells(): Cell[] {
  const some = (
    land: string,
    policies: readonly string[],
    widths: readonly number[],
    experiments: number,
    seeds: readonly number[],
  ) =>
    widths.flatMap((width) =>
      policies.flatMap((policy) => seeds.map((seed) => ({ land, policy, width, experiments, seed }))),
    );
  return [
    some('lines', POLICIES, [1, 4, 16, 64], 1000, SEEDS),
    some('nothing', [...POLICIES, 'confirm 1'], [WIDTH], 1000, SEEDS),
    some('knobs', POLICIES, [1, 16, 64], 300, SEEDS),
    some('lines', POLICIES, [256, 1000], 4000, FEW),
    some('lines', ['confirm 1', 'evidence 3'], [WIDTH], 1000, SEEDS),
    ...['noise 0.0001', 'noise 0.0005', 'noise 0.002', 'conflicts 10 %', 'seeds differ'].map((land) =>
      some(land, POLICIES, [WIDTH], 1000, SEEDS),
    ),
    some('seeds differ', ['confirm 1'], [WIDTH], 1000, SEEDS),
  ].flat();
}

export async function benchSearch(options: readonly string[]): Promise<Figure[]> {
  const { values } = parseArgs({
    args: [...options],
    options: { rows: { type: 'string' }, only: { type: 'string' }, write: { type: 'boolean' } },
  });
  const wanted = cells().filter((cell) => nameOf(cell).includes(values.only ?? ''));
  const rows = values.rows && existsSync(values.rows) ? rowsIn(values.rows) : [];
  const done = new Set(rows.map(nameOf));
  for (const [i, cell] of wanted.entries()) {
    if (done.has(nameOf(cell))) continue;
    process.stderr.write(`${i + 1} of ${wanted.length}: ${nameOf(cell)} …\n`);
    const row = await rowOf(cell);
    if (values.rows) appendFileSync(values.rows, `${JSON.stringify(row)}\n`);
    rows.push(row);
  }
  printRecords(groupsOf(rows).map(toldOf), 'table');
  const compared = [4, 16, 64, 256, 1000].flatMap((width) =>
    [false, true].map((waves) =>
      width > 64 ? comparedAt(width, 4000, FEW, waves) : comparedAt(width, 1000, SEEDS, waves),
    ),
  );
  printRecords(compared.map(comparedTold), 'table');
  if (values.write) writeFileSync(PICTURE, picture(linesOf(rows, compared), WORDS));
  return validity();
}

function comparedTold({ waves, width, ratio, error, ofClaim, keeps, falseKeeps }: Compared) {
  return {
    'whole files': waves ? 'the best of each wave' : 'as they end',
    width,
    'of sequential': `${ratio.toFixed(2)} ± ${error.toFixed(2)}`,
    'of claim': ofClaim.toFixed(2),
    keeps: keeps.toFixed(1),
    false: falseKeeps.toFixed(1),
  };
}

function nameOf({ land, policy, width, experiments, seed }: Cell): string {
  return `${land}, ${policy}, width ${width}, ${experiments} experiments, seed ${seed}`;
}

function rowsIn(file: string): Row[] {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line): Row => JSON.parse(line));
}
