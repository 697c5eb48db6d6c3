// npm run soak -- --hours H [--dir D]
// The real loop, unattended: killed and started again at random moments, looked after for leaks, checked at the end.
import { mkdtemp, readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { encode } from '../../controller/report/results-tsv.ts';
import { trendOf } from '../../controller/report/trend.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { readLane } from '../../controller/wiring/lane-reader.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';

const { values } = parseArgs({
  options: { hours: { type: 'string', default: '1' }, dir: { type: 'string' } },
});
const hours = Number(values.hours);
if (!(hours > 0)) throw new Error('say for how many hours: npm run soak -- --hours 1');
const dir = values.dir ?? (await mkdtemp(join(tmpdir(), 'soak-')));
const paths = new LanePaths(dir);
const main = join(checkout.root, 'controller', 'main.ts');
const endMs = Date.now() + hours * 3_600_000;
const REPORT_MS = 5 * 60_000;
// Long enough that most lives decide something, short enough for dozens of deaths in an hour.
const LIFE_MS = [20_000, 150_000] as const;
const DEATHS = ['SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM'] as const;

interface Sample {
  readonly rssMb: number;
  readonly descriptors: number;
}

const samples: Sample[] = [];
const deaths: Record<string, number> = {};
let said = '';

const begin = () => {
  const child = execa(process.execPath, [main, 'dev', '--dir', dir, '--plain', '-o', 'json'], {
    reject: false,
    buffer: false,
  });
  child.stderr!.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  child.stdout!.resume();
  return child;
};

console.log(`soak of ${hours} h in ${dir}`);
let nextReport = Date.now() + REPORT_MS;
while (Date.now() < endMs) {
  const child = begin();
  const life = LIFE_MS[0] + Math.random() * (LIFE_MS[1] - LIFE_MS[0]);
  const until = Math.min(endMs, Date.now() + life);
  let gone = false;
  const ended = child.then(() => {
    gone = true;
  });
  while (Date.now() < until && !gone) {
    await Promise.race([delay(2000), ended]);
    const sample = gone ? null : await look(child.pid!);
    if (sample) samples.push(sample);
    if (Date.now() >= nextReport) {
      nextReport += REPORT_MS;
      await report();
    }
  }
  const how = gone ? 'by itself' : DEATHS[Math.floor(Math.random() * DEATHS.length)]!;
  deaths[how] = (deaths[how] ?? 0) + 1;
  if (gone) console.log(`it ended by itself: ${said.slice(-400)}`);
  else child.kill(how as NodeJS.Signals);
  await ended;
}
// One more life that takes in what still runs and stops by itself.
const decidedSoFar = (await readLane({ dir: paths.dir }, 'main')).ledger.nextId;
await execa(process.execPath, [main, 'dev', '--dir', dir, '--plain', '--experiments', String(decidedSoFar)], {
  reject: false,
});
process.exitCode = (await verdict()) ? 0 : 1;

async function look(pid: number): Promise<Sample | null> {
  try {
    const pages = Number((await readFile(`/proc/${pid}/statm`, 'utf8')).split(' ')[1]);
    const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
    return { rssMb: (pages * 4096) / 2 ** 20, descriptors };
  } catch {
    return null; // it died while we looked
  }
}

async function report(): Promise<void> {
  const { ledger } = await readLane({ dir: paths.dir }, 'main');
  const trend = trendOf(ledger.decisions);
  const last = samples.at(-1);
  const left = ((endMs - Date.now()) / 60_000).toFixed(0);
  console.log(
    `${left} min left: ${trend.experiments} decided, best ${trend.bestBpb} of ${trend.baselineBpb}, ` +
      `${trend.kept} kept, ${trend.crashed} crashed, deaths ${JSON.stringify(deaths)}, ` +
      `rss ${last?.rssMb.toFixed(0)} MB, ${last?.descriptors} descriptors`,
  );
}

/** Prints the figures; true where nothing leaked and nothing was lost or doubled. */
async function verdict(): Promise<boolean> {
  const { ledger, view } = await readLane({ dir: paths.dir }, 'main');
  const trend = trendOf(ledger.decisions);
  const ids = ledger.decisions.map((d) => Number(d.experiment)).sort((a, b) => a - b);
  const live = await readFile(paths.results('main'), 'utf8');
  const git = (...args: string[]) => execa('git', ['-C', paths.frontier('main'), ...args], { reject: false });
  const fsck = await git('fsck', '--strict', '--no-progress');
  const objects = (await git('count-objects', '-v')).stdout.replaceAll('\n', ', ');
  const runs = await readdir(paths.runs).catch(() => []);
  const orphans = await processesIn(dir);
  const rss = samples.map((sample) => sample.rssMb);
  const middle = rss.length >> 1;
  const checks: [string, boolean][] = [
    ['ids are dense: nothing lost, nothing doubled', ids.every((id, i) => id === i)],
    ['results.tsv = rebuilt from git and store', live === encode(ledger.decisions)],
    ['one keep row per commit', view.kept.length === trend.kept + 1],
    ['git fsck is clean', fsck.exitCode === 0 && fsck.stderr === ''],
    ['no run directory is left', runs.length === 0],
    ['no process is left', orphans.length === 0],
    ['no run was repeated', ledger.decisions.every((d) => d.attempts === 1 || d.lastCause === 'fix')],
  ];
  console.log(
    `\n${trend.experiments} experiments in ${hours} h (${(trend.experiments / hours).toFixed(0)} per hour)`,
  );
  console.log(
    `frontier ${trend.baselineBpb} -> ${trend.bestBpb}: ${trend.kept} kept, ${trend.discarded} discarded, ${trend.crashed} crashed`,
  );
  console.log(`crash causes: ${trend.crashes.map(([cause, n]) => `${cause} ${n}`).join(', ') || 'none'}`);
  console.log(
    `controllers ended: ${JSON.stringify(deaths)}; attempts beyond the first: ${ledger.decisions.filter((d) => d.attempts > 1).length}`,
  );
  console.log(
    `memory: median ${median(rss.slice(0, middle)).toFixed(0)} MB in the first half, ${median(rss.slice(middle)).toFixed(0)} MB in the second, most ${Math.max(...rss).toFixed(0)} MB`,
  );
  console.log(
    `descriptors: most ${Math.max(...samples.map((sample) => sample.descriptors))}; git: ${objects}`,
  );
  for (const [what, good] of checks) console.log(`${good ? 'ok  ' : 'FAIL'} ${what}`);
  return checks.every(([, good]) => good);
}

async function processesIn(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => '');
    if (cwd.startsWith(`${folder}/`)) found.push(Number(name));
  }
  return found;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
