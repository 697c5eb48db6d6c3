// `node test/bench/proposers.ts [EXPERIMENTS [SEEDS [virtual|cpu]]]`: the built-in proposer against random search on
// the CPU trainer, evaluated in-process on the public sample. Half an hour at the default; not part of `npm run bench`.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { proposerOf } from '../../controller/adapters/builtin/proposers.ts';
import { parse } from '../../controller/core/log/summary.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { campaign } from '../adapters/builtin/campaign.ts';
import { type Figure, median, printFigures } from './figures.ts';

const experiments = Number(process.argv[2] ?? 40);
const seeds = Number(process.argv[3] ?? 3);
const clock = process.argv[4] ?? 'virtual';

const folder = await mkdtemp(join(tmpdir(), 'proposers-'));
const env = {
  PYTHONPATH: checkout.cpu,
  PYTHONDONTWRITEBYTECODE: '1',
  AUTORESEARCH_TEXT: join(folder, 'text'),
  AUTORESEARCH_CLOCK: clock,
};
const python = process.env.PYTHON ?? checkout.python;

async function measure(trainPy: string, seed: number): Promise<number | null> {
  const file = join(folder, 'train.py');
  await writeFile(file, trainPy);
  const run = await execa(python, [file], {
    env: { ...env, AUTORESEARCH_SEED: String(seed) },
    reject: false,
    timeout: 120_000,
    encoding: 'buffer',
  });
  const printed = parse(run.stdout);
  return run.exitCode === 0 && printed.kind === 'summary' ? printed.summary.val_bpb : null;
}

try {
  await execa(
    python,
    ['-c', 'import os, pathlib, prepare; prepare.make_text(pathlib.Path(os.environ["AUTORESEARCH_TEXT"]))'],
    { env },
  );
  const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  const figures: Figure[] = [];
  for (const kind of ['builtin', 'random'] as const) {
    const ends: number[] = [];
    const firsts: number[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const run = await campaign({
        proposer: proposerOf(kind),
        trainPy,
        seed,
        experiments,
        measure: (text, n) => measure(text, 1000 * seed + n),
      });
      const shown = run.frontier.filter((_, i) => i % 5 === 0).map((bpb) => bpb.toFixed(3));
      process.stderr.write(
        `${kind} seed ${seed}: first gain at ${run.first}, ${run.crashes} crashes, ${shown.join(' ')}\n`,
      );
      ends.push(run.frontier.at(-1)!);
      firsts.push(run.first);
    }
    figures.push({
      what: `${kind}: first gain at experiment`,
      value: median(firsts),
      unit: '',
      aim: kind === 'builtin' ? '<= 8' : '',
    });
    figures.push({
      what: `${kind}: frontier after ${experiments}`,
      value: median(ends),
      unit: 'bpb',
      aim: kind === 'builtin' ? 'below random' : '',
    });
  }
  printFigures(figures);
} finally {
  await rm(folder, { recursive: true, force: true });
}
