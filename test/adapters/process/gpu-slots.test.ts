// Each run has a GPU to itself, whoever starts it and however often the controller is started again.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { ProcessExecutor } from '../../../controller/adapters/process/executor.ts';
import { GpuSlots } from '../../../controller/adapters/process/gpu-slots.ts';
import { prepareRun, runName } from '../../../controller/adapters/process/rundir.ts';
import { runEnvironment } from '../../../controller/adapters/process/supervisor.ts';
import type { Intent } from '../../../controller/ports.ts';
import { ended, intentOf } from '../../contract/executor.ts';
import { Ground, type Mischief, supervisors } from './ground.ts';

const GPUS = ['GPU-a', 'GPU-b', 'MIG-c'];
const SAYS =
  'import os\nprint("SEES", *(os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "GPU", "COMPILED")))\n';
const grounds: Ground[] = [];
const begin = async (supervise = supervisors.standIn, ...mischief: Mischief[]) => {
  const ground = await Ground.make(supervise, mischief);
  grounds.push(ground);
  /** An executor as each lane of a controller has one, on these GPUs. */
  const controller = (uuids: readonly string[] = GPUS) => {
    const slots = new GpuSlots(ground.options.runs);
    return () => ground.open({ gpus: { uuids, slots } });
  };
  const gpuOf = async (intent: Intent) =>
    (await readFile(join(ground.options.runs, runName(intent), 'gpu'), 'utf8')).trim();
  return { ground, controller, gpuOf };
};
afterEach(() => Promise.all(grounds.splice(0).map((ground) => ground.close())));

test('a run sees the GPU that it was given, and its supervisor is told to insist on it', async () => {
  const { ground, controller } = await begin();
  const executor = controller(['MIG-c'])();
  await executor.launch({ ...intentOf(ground, 'ends'), trainPy: SAYS });
  const log = await executor.log(await ended(ground, executor));
  expect(Buffer.from(log!).toString()).toContain('SEES MIG-c True None');
});

test('of the libraries that the shell names a run with a GPU gets the driver, and no others', async () => {
  const { ground } = await begin();
  const toolkit = join(ground.dir, 'toolkit');
  const driver = join(ground.dir, 'driver');
  await mkdir(toolkit);
  await mkdir(driver);
  await writeFile(join(toolkit, 'libcublas.so.13'), '');
  await writeFile(join(driver, 'libcuda.so.1'), '');
  try {
    for (const [said, told] of [
      [`${toolkit}:${driver}:`, driver],
      [toolkit, undefined],
      ['', undefined],
    ]) {
      vi.stubEnv('LD_LIBRARY_PATH', said);
      expect(runEnvironment('/home', 'GPU-a').LD_LIBRARY_PATH).toBe(told);
      expect(runEnvironment('/home', null)).not.toHaveProperty('LD_LIBRARY_PATH');
    }
  } finally {
    vi.unstubAllEnvs();
  }
});

test('where the runs cannot be listed no GPU is given, for any of them may be taken', async () => {
  const { ground } = await begin();
  const noFolder = join(ground.options.runs, 'no-folder');
  await mkdir(ground.options.runs, { recursive: true });
  await writeFile(noFolder, '');
  const given = new GpuSlots(noFolder).give(GPUS, async (uuid) => uuid);
  await expect(given).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('its supervisor is told where what the baseline compiled is kept', async () => {
  const { ground } = await begin();
  const slots = new GpuSlots(ground.options.runs);
  const executor = ground.open({ compiled: '/lane/compiled', gpus: { uuids: ['GPU-a'], slots } });
  await executor.launch({ ...intentOf(ground, 'ends'), trainPy: SAYS });
  const log = await executor.log(await ended(ground, executor));
  expect(Buffer.from(log!).toString()).toContain('SEES GPU-a True /lane/compiled');
});

test('a run of another trainer is given none, nor what was compiled for one', async () => {
  const { ground } = await begin();
  const executor = ground.open({ compiled: '/lane/compiled' });
  await executor.launch({ ...intentOf(ground, 'ends'), trainPy: SAYS });
  const log = await executor.log(await ended(ground, executor));
  expect(Buffer.from(log!).toString()).toContain('SEES None False None');
});

test('lanes that launch at the same time get as many runs as there are GPUs, and no GPU twice', async () => {
  const { ground, controller, gpuOf } = await begin();
  const lane = controller();
  const executors = [lane(), lane()];
  const intents = [1, 2, 3, 4].map((n) => intentOf(ground, 'lasts', n));
  const answers = await Promise.all(intents.map((intent, i) => executors[i % 2]!.launch(intent)));
  const held = answers.filter(({ kind }) => kind === 'held');
  expect(held).toEqual([
    { kind: 'held', sentence: expect.stringMatching(/^each of the 3 GPUs has a run; wait/) },
  ]);
  const started = intents.filter((_, i) => answers[i]!.kind === 'launched');
  expect((await Promise.all(started.map(gpuOf))).sort()).toEqual(GPUS);
});

test('a controller that is started again gives the GPUs of the runs under way to nobody, and those that are free', async () => {
  const { ground, controller, gpuOf } = await begin();
  const first = controller()();
  for (const n of [1, 2]) await first.launch(intentOf(ground, 'lasts', n));
  await first.launch(intentOf(ground, 'ends', 3));
  await untilEnded(ground, first, 3);
  first.close();

  const second = controller()();
  expect(await second.launch(intentOf(ground, 'lasts', 4))).toEqual({ kind: 'launched' });
  expect(await gpuOf(intentOf(ground, 'lasts', 4))).toBe('MIG-c');
  expect(await second.launch(intentOf(ground, 'lasts', 5))).toMatchObject({ kind: 'held' });
});

test('the GPU that was given the longest ago is given next, so that a run that failed on one is repeated on another', async () => {
  const { ground } = await begin();
  const slots = new GpuSlots(ground.options.runs);
  const given: (string | null)[] = [];
  const gpus = ['GPU-a', 'GPU-b'];
  for (const uuids of [gpus, ['MIG-c'], gpus, gpus])
    given.push(await slots.give(uuids, async (uuid) => uuid));
  expect(given).toEqual(['GPU-a', 'MIG-c', 'GPU-b', 'GPU-a']);
});

test('a replay is given no GPU on which the lane has a run, though its own runs are in another folder', async () => {
  const { ground, controller } = await begin();
  const lane = controller()();
  for (const n of [1, 2]) await lane.launch(intentOf(ground, 'lasts', n));
  const replay = new GpuSlots(join(ground.options.runs, '..', 'replay'), ground.options.runs);
  const given = [];
  for (let i = 0; i < 2; i++) given.push(await replay.give(GPUS, async (uuid) => uuid));
  expect(given).toEqual(['MIG-c', 'MIG-c']);
  await lane.launch(intentOf(ground, 'lasts', 3));
  expect(await replay.give(GPUS, async (uuid) => uuid)).toBeNull();
});

test('a run that was prepared but never started is started on its own GPU, though others are chosen now', async () => {
  const { ground, controller } = await begin();
  await prepareRun(ground.options.runs, { ...intentOf(ground, 'ends'), trainPy: SAYS }, 'cpu', 'GPU-a');
  const executor = controller(['GPU-b'])();
  const log = await executor.log(await ended(ground, executor));
  expect(Buffer.from(log!).toString()).toContain('SEES GPU-a True');
});

async function untilEnded(ground: Ground, executor: ProcessExecutor, n: number): Promise<void> {
  await ground.until(async () => {
    const run = (await executor.list('suite')).find(({ experiment }) => Number(experiment) === n);
    return run?.state.kind === 'ended';
  });
}

const hasCompiler = (() => {
  try {
    return execFileSync('gcc', ['--version']).length > 0;
  } catch {
    return false;
  }
})();

test.skipIf(!hasCompiler).each([
  [
    802,
    {
      status: 'refused',
      reason: 'no_cuda',
      sentence: expect.stringMatching(/error 802 .*; start nvidia-fabricmanager/),
    },
  ],
  [0, { status: 'crashed', reason: 'no_metric' }],
])(
  'where CUDA starts with status %d the real supervisor says so of the run (needs gcc)',
  async (status, sealed) => {
    const { ground } = await begin(supervisors.real);
    const harness = join(ground.dir, 'harness');
    await mkdir(harness);
    await cp(join(ground.options.harness, 'prepare.py'), join(harness, 'prepare.py'));
    const source = join(import.meta.dirname, '..', '..', 'harness', 'stub_cuda.c');
    const library = join(harness, 'libcuda.so.1');
    execFileSync('gcc', ['-shared', '-fPIC', `-DSTATUS=${status}`, '-o', library, source, '-lpthread']);
    const gpus = { uuids: ['GPU-a'], slots: new GpuSlots(ground.options.runs) };
    const executor = ground.open({ gpus, harness });
    // As on Colab: only the shell says where the driver lies.
    vi.stubEnv('LD_LIBRARY_PATH', harness);
    await executor.launch({ ...intentOf(ground, 'ends'), trainPy: SAYS });
    vi.unstubAllEnvs();
    const run = await ended(ground, executor);
    if (run.state.kind !== 'ended') throw new Error('it has not ended');
    expect(JSON.parse(run.state.ending.sealed!)).toMatchObject(sealed);
    const log = Buffer.from((await executor.log(run))!).toString();
    expect(log.includes('SEES GPU-a')).toBe(status === 0);
  },
);

test('a supervisor that ends before it begins its run leaves its GPU to the next one, and cost no time', async () => {
  const { ground, controller } = await begin(supervisors.standIn, 'die-early');
  const executor = controller(['GPU-a'])();
  const intent = intentOf(ground, 'ends');
  expect(await executor.launch(intent)).toEqual({ kind: 'launched' });
  const run = await ended(ground, executor);
  expect(run.state).toMatchObject({ ending: { word: 'unstarted', ranSeconds: 0 } });
  expect(await executor.launch({ ...intent, attempt: intent.attempt + 1 })).toEqual({ kind: 'launched' });
});
