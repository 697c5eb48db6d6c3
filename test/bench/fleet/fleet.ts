// `npm run bench -- fleet [--minutes N] [--job-qps N]`: a thousand GPUs on a real API server, scheduler and Job controller. The
// nodes are KWOK's, and what a container says is made up; the controller, its lanes and its store are real.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { NODE_FLAGS } from '../../../controller/node-flags.mjs';
import { clusterName, hostAddress } from '../../cluster/bring-up/kind.ts';
import { theCluster } from '../../cluster/fixture.ts';
import { Room } from '../../cluster/room.ts';
import { bundled } from '../bundled.ts';
import type { Figure } from '../figures.ts';
import type { Said } from './fleet-lane.ts';
import { allowRequests } from './job-controller.ts';
import { Kubelet } from './kubelet.ts';
import { addNodes } from './nodes.ts';
import { BUDGET_SECONDS, GPUS_PER_NODE, NODES, POOL_LABEL, RUN_SECONDS, TAINT, WIDTHS } from './shape.ts';

const PORT = 10_251;
/** Never all of them run: some have just ended. */
const BEGUN = 0.95;
const GPUS = NODES * GPUS_PER_NODE;
const IMAGE = `registry.example/trainer@sha256:${'1'.repeat(64)}`;

export async function fleet(options: readonly string[]): Promise<Figure[]> {
  const { values } = parseArgs({
    args: [...options],
    options: { minutes: { type: 'string', default: '20' }, 'job-qps': { type: 'string' } },
  });
  const found = await theCluster(['kwok']);
  if ('missing' in found) {
    process.stderr.write(`the bench of a fleet is left out: ${found.missing}\n`);
    return [];
  }
  const dir = await mkdtemp(join(tmpdir(), 'fleet-'));
  const room = await Room.open(found, `fleet-${process.pid}`);
  const kubelet = new Kubelet(found.context, room.namespace);
  const ip = await hostAddress();
  const undo: (() => Promise<void>)[] = [];
  try {
    if (values['job-qps']) undo.push(await allowRequests(Number(values['job-qps'])));
    await kubelet.listen(ip, PORT, dir);
    undo.push(await addNodes(found, dir, { ip, port: PORT }));
    const config = join(dir, 'config.yaml');
    await writeFile(config, stringify({ ...settings(), data: room.dir }));
    const figures = await bundled('fleet/fleet-lane', (program) =>
      measured(program, [config, found.context, room.namespace], kubelet, Number(values.minutes)),
    );
    const perSecond = Number(values['job-qps'] ?? 20);
    return [
      { what: 'requests that the Job controller may make', value: perSecond, unit: '/s', aim: '' },
      ...figures,
    ];
  } finally {
    kubelet.close();
    for (const end of undo.reverse()) await end();
    await room.close();
    await rm(dir, { recursive: true, force: true });
  }
}

function settings() {
  const lanes = WIDTHS.map((width, n) => ({
    name: n === 0 ? 'wide' : `lane-${n}`,
    pool: 'gpu',
    trainer: 'gpu',
    width,
    budgetSeconds: BUDGET_SECONDS,
    limits: { maxGpuHours: 1e6 },
  }));
  const pool = {
    name: 'gpu',
    image: IMAGE,
    gpu: {},
    nodeSelector: POOL_LABEL,
    tolerations: [TAINT],
    resources: { cpu: '8', memory: '64Gi', ephemeralStorage: '64Gi', sharedMemory: '1Gi' },
  };
  return { lanes, pools: [pool], proposer: 'builtin' };
}

async function measured(
  program: string,
  args: readonly string[],
  kubelet: Kubelet,
  minutes: number,
): Promise<Figure[]> {
  const controller = spawn(process.execPath, [...NODE_FLAGS, program, ...args], {
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
  });
  const answers = createInterface({ input: controller.stdio[3] as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  const said = async (): Promise<Said> => {
    controller.stdin!.write('\n');
    const { value, done } = await answers.next();
    if (done) throw new Error(`the controller ended with ${controller.exitCode}`);
    return JSON.parse(value);
  };
  try {
    const beganMs = performance.now();
    while (kubelet.running < BEGUN * GPUS) {
      if (controller.exitCode !== null) throw new Error(`the controller ended with ${controller.exitCode}`);
      await delay(200);
    }
    const rampSeconds = (performance.now() - beganMs) / 1000;
    await said();
    const [ran, ended, fromMs] = [kubelet.ranSeconds, kubelet.ended, performance.now()];
    await delay(60_000 * minutes);
    const seconds = (performance.now() - fromMs) / 1000;
    const [runs, ranSeconds, now] = [kubelet.ended - ended, kubelet.ranSeconds - ran, await said()];
    if (kubelet.troubles.length > 0) process.stderr.write(`${kubelet.troubles.slice(0, 5).join('\n')}\n`);
    return figuresOf({ rampSeconds, seconds, runs, ranSeconds, now, serverMb: await apiServerMb() });
  } finally {
    await ends(controller);
  }
}

interface Found {
  readonly rampSeconds: number;
  readonly seconds: number;
  readonly runs: number;
  readonly ranSeconds: number;
  readonly now: Said;
  readonly serverMb: number;
}

function figuresOf({ rampSeconds, seconds, runs, ranSeconds, now, serverMb }: Found): Figure[] {
  const figure = (what: string, value: number, unit: string, aim = ''): Figure => ({
    what,
    value,
    unit,
    aim,
  });
  const asked = Object.entries(now.asked).sort(([, a], [, b]) => b - a);
  return [
    figure('1,000 GPUs, one lane of 500 and 100 of 5: until 95 % run', rampSeconds, 's'),
    figure('  minutes measured from then on', seconds / 60, ''),
    figure('  runs that ended', runs, ''),
    figure('  of the runs that so many GPUs could hold', (100 * ranSeconds) / (GPUS * seconds), '%', '>= 95'),
    figure('  lost between two runs of a GPU', (GPUS * seconds - ranSeconds) / runs, `s of ${RUN_SECONDS}`),
    figure('  CPU of the controller', now.used.cpuMs / 10 / seconds, '% of a core'),
    figure('  of its children, git and Python', now.used.childrenMs / 10 / seconds, '% of a core'),
    figure('  resident', now.used.residentMb, 'MB'),
    figure('  event loop delay, p99', now.delayP99Ms, 'ms'),
    figure('  event loop delay, most', now.delayMaxMs, 'ms'),
    ...asked.map(([what, n]) => figure(`  ${what} per run`, n / runs, '')),
    figure('  resident, API server', serverMb, 'MB'),
  ];
}

async function apiServerMb(): Promise<number> {
  const script = 'cat /proc/$(pidof kube-apiserver)/status';
  const { stdout } = await execa('docker', ['exec', `${clusterName}-control-plane`, 'sh', '-c', script]);
  return Number(/VmRSS:\s+(\d+) kB/.exec(stdout)![1]) / 1024;
}

async function ends(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await new Promise((resolve) => child.once('exit', resolve));
}
