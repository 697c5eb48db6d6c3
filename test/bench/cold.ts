// The first hour: a fresh clone to its first row by `npm start`, packages and all, and what its command then takes where
// there are many rows. `--against REVISION`: the same with that revision of this repository, as ratios within one run.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { experimentId } from '../../controller/core/experiment.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { type Figure, median } from './figures.ts';
import { used } from './used.ts';

const ROWS = 10_000;
const CALLS = 7;
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  version: [],
  status: ['--dir'],
  list: ['--dir'],
};
const START = 'fresh clone: npm start to the first row';

type Measured = Readonly<Record<string, Omit<Figure, 'what'>>>;

export async function coldStart(options: readonly string[]): Promise<Figure[]> {
  const { against } = parseArgs({ args: [...options], options: { against: { type: 'string' } } }).values;
  const here = await measured(null);
  const figures = Object.entries(here).map(([what, figure]) => ({ what, ...figure }));
  if (against === undefined) return figures;
  const there = await measured(against);
  const ratios = figures.map(({ what, value, unit }) => {
    const before = there[what]!.value;
    return [
      { what: `${what}, at ${against}`, value: before, unit, aim: '' },
      { what: `${what}, ratio`, value: value / before, unit: '', aim: '' },
    ];
  });
  return [...figures, ...ratios.flat()];
}

/** Of a revision; null: of what is checked out. */
async function measured(revision: string | null): Promise<Measured> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const clone = join(dir, 'clone');
    await execa('git', ['clone', '-q', checkout.root, clone]);
    if (revision !== null) await execa('git', ['checkout', '-q', revision], { cwd: clone });
    const cloned = await megabytes(clone);
    const began = performance.now();
    const before = used().childrenMs;
    const flags = ['--experiments', '0', '--dir', join(dir, 'lanes'), '--budget', '1s', '--plain'];
    await execa('npm', ['start', '--silent', '--', ...flags], {
      cwd: clone,
      stdin: 'ignore',
      stderr: 'inherit',
      timeout: 900_000,
    });
    const seconds = (performance.now() - began) / 1000;
    const cpu = (used().childrenMs - before) / 1000;
    const node = await megabytes(join(clone, 'node_modules', 'node'));
    const packages = (await megabytes(join(clone, 'node_modules'))) - node;
    return {
      [START]: { value: seconds, unit: 's', aim: '' },
      [`${START}, CPU`]: { value: cpu, unit: 's', aim: '' },
      'packages of npm, beside Node': { value: packages, unit: 'MB', aim: '<= 200' },
      'all that it put into the clone, beside Node': {
        value: (await megabytes(clone)) - cloned - node,
        unit: 'MB',
        aim: '',
      },
      ...(await commands(clone, flags)),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** CPU seconds of one call of each command. */
async function commands(clone: string, flags: readonly string[]): Promise<Measured> {
  const lanes = flags[flags.indexOf('--dir') + 1]!;
  const node = join(clone, 'node_modules', '.bin', 'node');
  const call = (...args: readonly string[]) =>
    execa(node, [join(clone, 'controller', 'autoresearch.mjs'), ...args], { stdin: 'ignore' });
  await fill(lanes, call, flags);
  const figures: Record<string, Omit<Figure, 'what'>> = {};
  for (const [name, more] of Object.entries(COMMANDS)) {
    const args = [name, ...more, ...more.map(() => lanes)];
    await call(...args); // what is made once is not what a call takes
    const calls: number[] = [];
    for (let n = 0; n < CALLS; n++) {
      const before = used().childrenMs;
      await call(...args);
      calls.push((used().childrenMs - before) / 1000);
    }
    const what = more.length > 0 ? `${name} of ${ROWS} rows, CPU` : `${name}, CPU`;
    figures[what] = { value: median(calls), unit: 's', aim: '<= 0.5' };
  }
  return figures;
}

/** Copies of one Record of a run, and then a start that finds them, as a lane has them that grew by itself. */
async function fill(
  lanes: string,
  call: (...args: readonly string[]) => Promise<unknown>,
  flags: readonly string[],
): Promise<void> {
  const slip = join(lanes, 'slip.py');
  await writeFile(slip, 'raise SystemExit(3)\n');
  await call('try', slip, '-m', 'it ends at once', '--dir', lanes);
  const more = flags.with(flags.indexOf('--experiments') + 1, '1');
  await call('dev', ...more);
  const experiments = join(lanes, 'store', 'main', 'experiments');
  const record = JSON.parse(await readFile(join(experiments, experimentId(1), 'record.json'), 'utf8'));
  for (let n = 2; n < ROWS; n++) {
    const folder = join(experiments, experimentId(n));
    await mkdir(folder);
    const own = { ...record, experiment: experimentId(n), seq: 100 + n, description: 'an idea '.repeat(6) };
    await writeFile(join(folder, 'record.json'), JSON.stringify(own, null, 1));
    await cp(join(experiments, experimentId(1), 'proposal.json'), join(folder, 'proposal.json'));
  }
  await call('dev', ...more);
}

/** On the disk, with what lies below. */
async function megabytes(folder: string): Promise<number> {
  const { stdout } = await execa('du', ['-sk', folder]);
  return Number.parseInt(stdout, 10) / 1024;
}
