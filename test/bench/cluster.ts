// A lane on the real cluster against the shell loop that a person would write: create, wait, logs, delete.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import { checkout } from '../../controller/settings/checkout.ts';
import { readLane } from '../../controller/wiring/lane-reader.ts';
import { withTools } from '../cluster/bring-up/cache.ts';
import { type Cluster, loadedImage, theCluster } from '../cluster/fixture.ts';
import { jobOf } from '../cluster/one-job.ts';
import { poolOf, Room } from '../cluster/room.ts';
import { bundled } from './bundled.ts';
import { bareOf } from './cluster-bare.ts';
import type { Notes } from './cluster-lane.ts';
import { type Figure, median } from './figures.ts';
import type { Used } from './used.ts';

const EXPERIMENTS = 30;
const SHELL_LOOPS = 10;
/** The first ones are left out: connections are opened and code is compiled then. */
const WARM = 10;
const LANE = 'bench';
/** Two workers hold two such Pods: the next run need not wait until the last one's Pod is put away. */
const ROOM = 2;
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
    const plain = await laneOf(room, pool(image, ROOM), 'null', 'plain');
    const shell = await shellLoop(room, image);
    const waiting = await laneOf(room, pool(image, 0), 'builtin', 'waiting');
    const unwatched = await cpuOf(room, pool(image, 0), 'null', 'unwatched');
    const thinking = await cpuOf(room, pool(image, 0), 'builtin', 'thinking');
    const bare = await bareOf(room, pool(image, 0), WARM, EXPERIMENTS);
    return [...figuresOf(plain, waiting, shell), ...cpuFigures(unwatched, thinking, bare)];
  } finally {
    await room.close();
  }
}

interface Measured {
  readonly notes: Notes;
  /** Seconds inside the supervisor, by the order of launches. */
  readonly runSeconds: readonly number[];
}

async function laneOf(room: Room, pool: object, proposer: string, name: string): Promise<Measured> {
  return running(room, pool, proposer, name, async (args, dir) => {
    const notes = join(dir, 'notes.json');
    await controller('cluster-lane', [...args, notes]);
    const { ledger } = await readLane({ dir }, `${LANE}-${name}`);
    const runSeconds = [...ledger.decisions]
      .sort((a, b) => (a.experiment < b.experiment ? -1 : 1))
      .map((decision) => decision.wallSeconds);
    return { notes: JSON.parse(await readFile(notes, 'utf8')), runSeconds };
  });
}

/** What the controller takes of the CPU, in a lane of its own: taps on its requests would cost as much as they. */
async function cpuOf(room: Room, pool: object, proposer: string, name: string): Promise<Used> {
  return running(room, pool, proposer, name, async (args, dir) => {
    const used = join(dir, 'used.json');
    await controller('cluster-cpu-lane', [...args, used, String(WARM), String(EXPERIMENTS)]);
    return JSON.parse(await readFile(used, 'utf8'));
  });
}

async function controller(program: string, args: readonly string[]): Promise<void> {
  await bundled(program, (path) =>
    execa(process.execPath, [...NODE_FLAGS, path, ...args], { stdout: 'ignore', stderr: 'inherit' }),
  );
}

/** Calls `work` with the config, context and namespace of a new lane, and the folder of its data. */
async function running<T>(
  room: Room,
  pool: object,
  proposer: string,
  name: string,
  work: (args: readonly string[], dir: string) => Promise<T>,
): Promise<T> {
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
    await writeFile(config, stringify({ lanes: [lane], pools: [pool], proposer, data: dir }));
    return await work([config, room.cluster.context, room.namespace], dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const pool = (image: string, readyPlaces: number) =>
  poolOf(image, {
    readyPlaces,
    resources: { cpu: CPU, memory: '512Mi', ephemeralStorage: '512Mi', sharedMemory: '64Mi' },
  });

/** Milliseconds of each cycle beyond what the supervisor measured as the run. */
async function shellLoop({ cluster, namespace, dir }: Room, image: string): Promise<number[]> {
  const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  const beyond: number[] = [];
  for (let n = 0; n < SHELL_LOOPS; n++) {
    const job = jobOf(
      { experiment: String(n).padStart(6, '0'), trainPy, lane: 'shell' },
      pool(image, 0),
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

function figuresOf(plain: Measured, waiting: Measured, shell: readonly number[]): Figure[] {
  const share = sharesOf(plain.notes, 'stops');
  const put = sharesOf(waiting.notes, 'ends');
  const { launches, stops, asked } = plain.notes;
  const answers = NUMBERS.map((n) => {
    const within = asked.filter((one) => one.atMs >= stops[n - 1]! && one.atMs < launches[n]!.atMs);
    return within
      .filter(({ what }) => !what.startsWith('WATCH') && !what.endsWith('events'))
      .reduce((sum, one) => sum + (one.answeredMs ?? one.atMs) - one.atMs, 0);
  });
  const [ours, away, theirs] = [median(beyond(plain)), median(beyond(waiting)), median(shell)];
  const figure = (what: string, value: number, unit: string, aim = ''): Figure => ({
    what,
    value,
    unit,
    aim,
  });
  return [
    figure('Pod terminal -> next Job asked for, p50', median(put), 'ms', '<= 50'),
    figure('  the same, most', Math.max(...put), 'ms'),
    figure('container ended -> next Job asked for, where there is room, p50', median(share), 'ms', '<= 50'),
    figure('  the same, most', Math.max(...share), 'ms'),
    figure('  of it waiting for the API server, p50', median(answers), 'ms'),
    figure('cycle of a 1 s run, beyond the run, p50, where there is room', ours, 'ms'),
    figure('  the same, where it waits until a Pod is put away', away, 'ms'),
    figure('  create -> terminal, the cluster alone', median(floorOf(plain)), 'ms'),
    figure('shell loop (create, wait, logs, delete), the same', theirs, 'ms'),
    figure('cycle / shell loop, beyond the run, where there is room', ours / theirs, 'ratio', '<= 0.5'),
    figure('  the same, where it waits', away / theirs, 'ratio'),
    ...asksOf(plain.notes),
  ];
}

/** The experiments that count. */
const NUMBERS = Array.from({ length: EXPERIMENTS - WARM }, (_, i) => i + WARM);

/** From the end of each run to the next launch, milliseconds. */
function sharesOf({ launches, ...seen }: Notes, end: 'stops' | 'ends'): number[] {
  return NUMBERS.map((n) => launches[n]!.atMs - seen[end][n - 1]!);
}

/** Of each cycle what is not the supervisor's own time, milliseconds. */
function beyond({ notes: { launches }, runSeconds }: Measured): number[] {
  return NUMBERS.map((n) => launches[n]!.atMs - launches[n - 1]!.atMs - 1000 * runSeconds[n - 1]!);
}

function floorOf({ notes: { launches, ends }, runSeconds }: Measured): number[] {
  return NUMBERS.map((n) => ends[n - 1]! - launches[n - 1]!.atMs - 1000 * runSeconds[n - 1]!);
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

function cpuFigures(unwatched: Used, thinking: Used, bare: Used): Figure[] {
  const each = (ms: number) => ms / (EXPERIMENTS - WARM);
  const figure = (what: string, ms: number, aim = ''): Figure => ({ what, value: each(ms), unit: 'ms', aim });
  return [
    figure('controller: CPU per experiment', unwatched.cpuMs, '<= 15'),
    figure("  of it on JavaScript's thread", unwatched.mainMs),
    figure("  of it on V8's own", unwatched.v8Ms),
    { what: '  resident', value: unwatched.residentMb, unit: 'MB', aim: '' },
    figure('  beside it in git', unwatched.childrenMs),
    figure('  with the built-in proposer thinking', thinking.cpuMs),
    figure('a bare program with the same Jobs, requests, watches and writes', bare.cpuMs),
    { what: 'controller / bare program', value: unwatched.cpuMs / bare.cpuMs, unit: 'ratio', aim: '' },
  ];
}
