// What a turn of the loop costs: CPU per experiment, at a width of one and of a thousand, and after many rows.
import { execa } from 'execa';
import { NODE_FLAGS } from '../../../controller/node-flags.mjs';
import { bundled } from '../bundled.ts';
import { type Figure, median } from '../figures.ts';

const ROUNDS = 3;
const RUNS = 2000;
const ROWS = 100_000;

export async function turn(): Promise<Figure[]> {
  return bundled('turn/turn-lane', async (program) => {
    const measure = async (width: number, rows: number) => {
      const given = [width, RUNS, rows].map(String);
      const { stdout } = await execa(process.execPath, [...NODE_FLAGS, program, ...given]);
      return Number(JSON.parse(stdout).cpuMs);
    };
    const one: number[] = [];
    const wide: number[] = [];
    const many: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      one.push(await measure(1, 0));
      wide.push(await measure(1000, 0));
      many.push(await measure(1, ROWS));
    }
    const per = median(one);
    const figure = (what: string, value: number, unit: string, aim = '') => ({ what, value, unit, aim });
    return [
      figure('the loop alone: CPU per experiment, one at a time', per, 'ms'),
      figure('  1,000 at a time', median(wide), 'ms'),
      figure('  as a multiple of one at a time', median(wide) / per, '', '<= 1.5'),
      figure('  one at a time, after 100,000 rows', median(many), 'ms'),
      figure('  as a multiple of a new lane', median(many) / per, '', '<= 2'),
    ];
  });
}
