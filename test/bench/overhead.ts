// What the loop costs per experiment beyond the training process, against the plain shell loop, in the same run.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkout } from '../../controller/settings/checkout.ts';
import { type Figure, median } from './figures.ts';

const ROUNDS = 4;
const EXPERIMENTS = 5;
const BUDGET_SECONDS = 1;

const uv = join(checkout.root, '.tools', 'uv', 'bin', 'uv');
const main = join(checkout.root, 'controller', 'main.ts');

export async function overhead(): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    // In turn, so that a machine that slows down slows both.
    const ours: number[] = [];
    const shell: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(...(await loop(join(folder, `loop-${round}`))));
      shell.push(...(await shellLoop(join(folder, `shell-${round}`))));
    }
    const [our, their] = [median(ours), median(shell)];
    return [
      { what: 'loop: per experiment beyond training', value: our * 1000, unit: 'ms', aim: '' },
      { what: 'shell loop: the same', value: their * 1000, unit: 'ms', aim: '' },
      { what: 'loop / shell loop', value: our / their, unit: 'ratio', aim: '<= 1.0' },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Seconds per experiment that were not inside train.py, by the row's order: from one decision to the next. */
async function loop(dir: string): Promise<number[]> {
  const flags = [
    '--dir',
    dir,
    '--experiments',
    String(EXPERIMENTS),
    '--budget',
    String(BUDGET_SECONDS),
    '--plain',
  ];
  const child = execa(process.execPath, [main, 'dev', ...flags, '-o', 'json'], {
    stderr: 'ignore',
    buffer: false,
  });
  const seconds: number[] = [];
  let last: number | null = null;
  for await (const line of child) {
    const now = performance.now();
    const { lane, experiment, attempts } = JSON.parse(line);
    if (last !== null) {
      const log = await readFile(
        join(dir, 'store', lane, 'experiments', experiment, String(attempts), 'run.log'),
        'utf8',
      );
      seconds.push((now - last) / 1000 - totalSeconds(log));
    }
    last = now;
  }
  await child;
  return seconds;
}

/** edit, commit, uv run, grep, reset: what a person's script does. */
async function shellLoop(dir: string): Promise<number[]> {
  await cp(checkout.cpu, dir, {
    recursive: true,
    filter: (path) => !path.includes('.venv') && !path.includes('__pycache__'),
  });
  const env = {
    UV_PROJECT_ENVIRONMENT: join(checkout.cpu, '.venv'),
    AUTORESEARCH_BUDGET: String(BUDGET_SECONDS),
  };
  const identity = [
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@localhost',
    '-c',
    'commit.gpgsign=false',
  ];
  const git = (...args: string[]) => execa('git', [...identity, ...args], { cwd: dir });
  await execa(uv, ['run', '--locked', 'prepare.py'], { cwd: dir, env });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-qm', 'baseline');
  const seconds: number[] = [];
  for (let i = 0; i < EXPERIMENTS; i++) {
    const before = performance.now();
    const file = join(dir, 'train.py');
    await writeFile(
      file,
      (await readFile(file, 'utf8')).replace(/^LEARNING_RATE = \S+/m, `LEARNING_RATE = 0.00${i + 1}37`),
    );
    await git('commit', '-qam', `try ${i}`);
    await execa('sh', ['-c', `"${uv}" run --locked train.py > run.log 2>&1`], { cwd: dir, env });
    await execa('grep', ['^val_bpb:\\|^peak_vram_mb:', 'run.log'], { cwd: dir });
    await git('reset', '-q', '--hard', 'HEAD~1');
    const log = await readFile(join(dir, 'run.log'), 'utf8');
    seconds.push((performance.now() - before) / 1000 - totalSeconds(log));
  }
  return seconds;
}

function totalSeconds(log: string): number {
  const found = /^total_seconds:\s+([\d.]+)/m.exec(log);
  if (!found) throw new Error(`no total_seconds in the log: ${log.slice(-300)}`);
  return Number(found[1]);
}
