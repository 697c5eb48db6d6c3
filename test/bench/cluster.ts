// A lane on the real cluster against the shell loop that a person would write: create, wait, logs, delete.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { checkout } from '../../controller/cli/place.ts';
import { readLane } from '../../controller/cli/reading.ts';
import { withTools } from '../cluster/cache.ts';
import { type Cluster, loadedImage, theCluster } from '../cluster/fixture.ts';
import { jobOf } from '../cluster/one-job.ts';
import { poolOf, Room } from '../cluster/room.ts';
import type { Notes } from './cluster-lane.ts';
import { type Figure, median } from './figures.ts';

const EXPERIMENTS = 12;
const SHELL_LOOPS = 10;
/** The first ones are left out: connections are opened and code is compiled then. */
const WARM = 3;
const LANE = 'bench';
/** One run in one place: both loops wait for the same container, and nothing runs beside it. */
const CPU = '1';

export async function cluster(): Promise<Figure[]> {
  const found = await theCluster();
  if ('missing' in found) {
    process.stderr.write(`the bench of the cluster is left out: ${found.missing}\n`);
    return [];
  }
  const image = await loadedImage(found, 'trainer');
  const room = await Room.open(found, `bench-${process.pid}`);
  try {
    const plain = await laneOf(room, image, 'null', 'plain');
    const shell = await shellLoop(room, image);
    const thinking = await laneOf(room, image, 'builtin', 'thinking');
    return figuresOf(plain, thinking, shell);
  } finally {
    await room.close();
  }
}

interface Measured {
  readonly notes: Notes;
  /** Seconds inside the supervisor, by the order of launches. */
  readonly runSeconds: readonly number[];
}

async function laneOf(room: Room, image: string, proposer: string, name: string): Promise<Measured> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const config = join(dir, 'config.yaml');
    const lane = {
      name: `${LANE}-${name}`,
      pool: 'cpu',
      trainer: 'cpu',
      budgetSeconds: 1,
      wallSeconds: 60,
      limits: { maxGpuHours: 1, experiments: EXPERIMENTS },
    };
    await writeFile(config, stringify({ lanes: [lane], pools: [pool(image)], proposer, data: dir }));
    const notes = join(dir, 'notes.json');
    const script = join(import.meta.dirname, 'cluster-lane.ts');
    const args = [script, config, room.cluster.context, room.namespace, notes];
    await execa(process.execPath, ['--max-semi-space-size=4', ...args], {
      stdout: 'ignore',
      stderr: 'inherit',
    });
    const { ledger } = await readLane({ dir }, lane.name);
    const runSeconds = [...ledger.decisions]
      .sort((a, b) => (a.experiment < b.experiment ? -1 : 1))
      .map((decision) => decision.wallSeconds);
    return { notes: JSON.parse(await readFile(notes, 'utf8')), runSeconds };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const pool = (image: string) =>
  poolOf(image, {
    resources: { cpu: CPU, memory: '512Mi', ephemeralStorage: '512Mi', sharedMemory: '64Mi' },
  });

/** Milliseconds of each cycle beyond what the supervisor measured as the run. */
async function shellLoop({ cluster, namespace, dir }: Room, image: string): Promise<number[]> {
  const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  const beyond: number[] = [];
  for (let n = 0; n < SHELL_LOOPS; n++) {
    const job = jobOf(
      { experiment: String(n).padStart(6, '0'), trainPy, lane: 'shell' },
      pool(image),
      namespace,
    );
    const { name } = job.metadata!;
    const file = join(dir, 'job.json');
    await writeFile(file, JSON.stringify(job));
    const began = performance.now();
    await kubectl(cluster, namespace, 'create', '-f', file);
    await kubectl(cluster, namespace, 'wait', '--for=condition=complete', `job/${name}`, '--timeout=120s');
    await kubectl(cluster, namespace, 'logs', `job/${name}`);
    const beforeLook = performance.now();
    const path = 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.message}';
    const message = await kubectl(cluster, namespace, 'get', 'pods', '-l', `job-name=${name}`, '-o', path);
    const afterLook = performance.now();
    await kubectl(cluster, namespace, 'delete', 'job', name!, '--wait=false');
    const cycleMs = performance.now() - began - (afterLook - beforeLook);
    beyond.push(cycleMs - 1000 * JSON.parse(message).wall_seconds);
  }
  return beyond;
}

async function kubectl({ context }: Cluster, namespace: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa('kubectl', ['--context', context, '-n', namespace, ...args], {
    env: withTools(),
  });
  return stdout;
}

function figuresOf(plain: Measured, thinking: Measured, shell: readonly number[]): Figure[] {
  const { launches, ends, asked } = plain.notes;
  const numbers = Array.from({ length: EXPERIMENTS - WARM }, (_, i) => i + WARM);
  const share = numbers.map((n) => launches[n]!.atMs - ends[n - 1]!);
  const waiting = numbers.map((n) => {
    const within = asked.filter((one) => one.atMs >= ends[n - 1]! && one.atMs < launches[n]!.atMs);
    return within
      .filter(({ what }) => !what.startsWith('WATCH') && !what.endsWith('events'))
      .reduce((sum, one) => sum + (one.answeredMs ?? one.atMs) - one.atMs, 0);
  });
  const cycle = numbers.map((n) => launches[n]!.atMs - launches[n - 1]!.atMs);
  const beyond = numbers.map((n, i) => cycle[i]! - 1000 * plain.runSeconds[n - 1]!);
  const floor = numbers.map((n) => ends[n - 1]! - launches[n - 1]!.atMs - 1000 * plain.runSeconds[n - 1]!);
  const [ours, theirs] = [median(beyond), median(shell)];
  return [
    { what: 'Pod terminal -> next Job asked for, p50', value: median(share), unit: 'ms', aim: '<= 50' },
    { what: 'Pod terminal -> next Job asked for, most', value: Math.max(...share), unit: 'ms', aim: '' },
    { what: '  of it waiting for the API server, p50', value: median(waiting), unit: 'ms', aim: '' },
    { what: 'cycle of a 1 s run, beyond the run, p50', value: ours, unit: 'ms', aim: '' },
    { what: '  of it create -> terminal, the cluster alone', value: median(floor), unit: 'ms', aim: '' },
    { what: 'shell loop (create, wait, logs, delete), the same', value: theirs, unit: 'ms', aim: '' },
    { what: 'cycle / shell loop, beyond the run', value: ours / theirs, unit: 'ratio', aim: '<= 0.5' },
    ...asksOf(plain.notes),
    { what: 'controller: CPU per experiment', value: cpuOf(plain.notes), unit: 'ms', aim: '<= 15' },
    { what: '  beside it in git', value: cpuOf(plain.notes, 'childrenMs'), unit: 'ms', aim: '' },
    { what: '  with the built-in proposer thinking', value: cpuOf(thinking.notes), unit: 'ms', aim: '' },
  ];
}

/** Requests between two launches, those apart that come with time and not with experiments. */
function asksOf({ launches, asked }: Notes): Figure[] {
  const [from, to] = [launches[WARM]!.atMs, launches.at(-1)!.atMs];
  const counts = new Map<string, number>();
  for (const { what, atMs } of asked)
    if (atMs >= from && atMs < to && !/^WATCH|^LIST/.test(what))
      counts.set(what, (counts.get(what) ?? 0) + 1);
  const experiments = launches.length - 1 - WARM;
  const parts = [...counts].map(([what, n]) => ({
    what: `  ${what}`,
    value: n / experiments,
    unit: '',
    aim: '',
  }));
  const all = [...counts.values()].reduce((sum, n) => sum + n, 0) / experiments;
  return [{ what: 'API requests per experiment', value: all, unit: '', aim: '<= 6' }, ...parts];
}

function cpuOf({ launches }: Notes, whose: 'cpuMs' | 'childrenMs' = 'cpuMs'): number {
  const [from, to] = [launches[WARM]!, launches.at(-1)!];
  return (to[whose] - from[whose]) / (launches.length - 1 - WARM);
}
