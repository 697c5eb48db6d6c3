// Which GPUs the lanes of this machine get, and which a replay does.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { BudgetClock } from '../../controller/core/experiment.ts';
import { readConfig } from '../../controller/settings/dev.ts';
import { trainers } from '../../controller/settings/trainers.ts';
import { localGpus, replayGpus, usesGpu } from '../../controller/wiring/local-gpus.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'local-gpus-'));
  const listed = [0, 1, 2].map((i) => `GPU ${i}: NVIDIA H200 (UUID: GPU-${i}${i}${i})`);
  listed.push(
    'GPU 3: NVIDIA A100 (UUID: GPU-333)',
    '  MIG 1g.5gb Device 0: (UUID: MIG-a)',
    '  MIG 1g.5gb Device 1: (UUID: MIG-b)',
  );
  const script = `#!/bin/sh\ncat <<'END'\n${listed.join('\n')}\nEND\n`;
  await writeFile(join(dir, 'nvidia-smi'), script);
  await chmod(join(dir, 'nvidia-smi'), 0o755);
});
afterAll(() => rm(dir, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());
const onMachine = (visible?: string) => {
  vi.stubEnv('PATH', `${dir}:${process.env.PATH}`);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', visible);
};

test.each<['cpu' | 'gpu', BudgetClock, boolean]>([
  ['gpu', 'wall', true],
  ['gpu', 'cpu', false],
  ['gpu', 'virtual', false],
  ['cpu', 'wall', false],
  ['cpu', 'cpu', false],
])('a run of the %s trainer by the %s clock has a GPU: %s', (trainer, clock, has) => {
  expect(usesGpu(trainers[trainer], clock)).toBe(has);
});

test.each([
  [undefined, ['GPU-000', 'GPU-111', 'GPU-222']],
  ['GPU-222,1', ['GPU-111', 'GPU-222']],
  ['MIG-b,MIG-a', ['MIG-a', 'MIG-b']],
])('a replay where %s is visible has all of its first product', async (visible, uuids) => {
  onMachine(visible);
  const replay = await replayGpus(new LanePaths(dir), join(dir, 'replay'));
  expect([...replay.uuids].sort()).toEqual(uuids);
});

/** The GPUs of each lane of a settings file. */
async function givenTo(lanes: string) {
  const file = join(dir, 'lanes.yaml');
  await writeFile(file, `lanes: [${lanes.replaceAll('width', 'trainer: gpu, width')}]\n`);
  return localGpus(await readConfig(file, {}), new LanePaths(dir));
}

test('lanes share who gives GPUs out, each has those it names, and one that needs none is left out', async () => {
  onMachine('0,1,2');
  const given = await givenTo(
    '{ name: all, width: 1 }, { name: last, gpus: 2, width: 1 }, { name: none, trainer: cpu }',
  );
  expect([...given.keys()]).toEqual(['all', 'last']);
  expect(given.get('all')!.uuids).toEqual(['GPU-000', 'GPU-111', 'GPU-222']);
  expect(given.get('last')!.uuids).toEqual(['GPU-222']);
  expect(given.get('last')!.slots).toBe(given.get('all')!.slots);
});

test('GPUs of another product are in nobody’s way where they are not named', async () => {
  onMachine();
  const given = await givenTo(
    '{ name: whole, gpus: "0,1", width: 1 }, { name: part, gpus: MIG-b, width: 1 }',
  );
  expect(given.get('whole')!.uuids).toEqual(['GPU-000', 'GPU-111']);
  expect(given.get('part')!.uuids).toEqual(['MIG-b']);
});

test.each([
  [
    '{ name: both, gpus: "2,MIG-b", width: 1 }',
    /2 products.* of one: 2 \(NVIDIA H200\) or MIG-b \(NVIDIA A100\)/,
  ],
  [
    '{ name: wide, gpus: "0", width: 2 }, { name: narrow, gpus: "1,2", width: 1 }',
    /lane wide is 2 wide.* are 1/,
  ],
  [
    '{ name: one, gpus: "0", width: 1 }, { name: same, gpus: "0", width: 1 }, { name: apart, gpus: "1,2", width: 1 }',
    /the lanes together are 2 wide.* are 1/,
  ],
])('lanes %s are refused', async (lanes, words) => {
  onMachine();
  await expect(givenTo(lanes)).rejects.toThrow(words);
});

test('tests by another clock need no GPU, and ask for none', async () => {
  vi.stubEnv('PATH', '/nowhere');
  const config = await readConfig(undefined, { trainer: 'gpu', clock: 'virtual' });
  expect((await localGpus(config, new LanePaths(dir))).size).toBe(0);
});
