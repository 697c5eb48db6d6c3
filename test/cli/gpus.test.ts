// What `autoresearch dev` says of GPUs that it cannot use, before anything runs.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main, saidBy } from './command.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cli-gpus-'));
  const script =
    '#!/bin/sh\nfor i in $GPUS; do p=H200; [ $i = 9 ] && p=A100; echo "GPU $i: NVIDIA $p (UUID: GPU-$i$i$i)"; done\n';
  await writeFile(join(dir, 'nvidia-smi'), script);
  await chmod(join(dir, 'nvidia-smi'), 0o755);
  await writeFile(
    join(dir, 'two.yaml'),
    'trainer: gpu\nlanes: [{ name: a, gpus: 0, width: 1 }, { name: b, gpus: "0", width: 1 }]\n',
  );
});
afterAll(() => rm(dir, { recursive: true }));

const EIGHT = '0 1 2 3 4 5 6 7';
test.each<[string, string, string[], string | undefined, number, RegExp]>([
  ['a GPU trainer where there is none', '', [], undefined, 3, /no NVIDIA GPU is found here; install NVIDIA/],
  [
    'more runs than GPUs',
    EIGHT,
    ['--width', '9'],
    undefined,
    2,
    /lane main is 9 wide.* are 8; give a --width of 8/,
  ],
  [
    'more runs than are named',
    EIGHT,
    ['--width', '3', '--gpus', '2,3'],
    undefined,
    2,
    /3 wide.* are 2; give/,
  ],
  ['more runs than are visible', EIGHT, ['--width', '2'], 'GPU-333', 2, /2 wide.* are 1; give/],
  [
    'one GPU for two lanes',
    EIGHT,
    ['--config', 'IN/two.yaml'],
    undefined,
    2,
    /together are 2 wide.* are 1; give/,
  ],
  [
    'a number that is not there',
    EIGHT,
    ['--gpus', '8'],
    undefined,
    2,
    /--gpus .*"8": 8 is not among .*; name others/,
  ],
  [
    'GPUs of two products for one lane',
    '0 1 9',
    [],
    undefined,
    2,
    /lane main has GPUs of 2 products.*; give --gpus \(in a file gpus\) of one: 0,1 \(NVIDIA H200\) or 9 \(NVIDIA A100\)/,
  ],
  ['garbage in the environment', EIGHT, [], 'x', 2, /CUDA_VISIBLE_DEVICES is "x": "x" names no GPU; give/],
  ['an environment that hides all', EIGHT, [], '', 2, /CUDA_VISIBLE_DEVICES is "": an empty name/],
])('%s', async (_, gpus, flags, visible, code, words) => {
  const args = ['--dir', join(dir, 'lanes'), ...flags.map((flag) => flag.replace('IN', dir))];
  const trainer = flags.includes('--config') ? [] : ['--trainer', 'gpu'];
  const env = {
    PATH: `${dir}:${process.env.PATH}`,
    GPUS: gpus,
    ...(visible !== undefined && { CUDA_VISIBLE_DEVICES: visible }),
  };
  const said = await saidBy(main, ['dev', '--plain', ...trainer, ...args], env);
  expect(said.err).toMatch(words);
  expect(said.code).toBe(code);
});

test('GPUs for a trainer that uses none', async () => {
  const said = await saidBy(main, ['dev', '--gpus', '0']);
  expect(said).toMatchObject({ code: 2, err: expect.stringMatching(/only the GPU trainer uses GPUs; add/) });
});

describe('doctor --trainer gpu', () => {
  const checked = async (gpus: string, visible: string) => {
    const env = { PATH: `${dir}:${process.env.PATH}`, GPUS: gpus, CUDA_VISIBLE_DEVICES: visible };
    const said = await saidBy(
      main,
      ['doctor', '--trainer', 'gpu', '--dir', join(dir, 'lanes'), '-o', 'json'],
      env,
    );
    return JSON.parse(said.out) as { check: string; result: string; found: string; fix: string }[];
  };

  test('says how many runs can have a GPU, and that without its driver or its packages none can start', async () => {
    const checks = await checked(EIGHT, '2,GPU-333');
    const gpus = { check: 'GPUs', result: 'ok', found: '2 for one run each (NVIDIA H200)', fix: '' };
    expect(checks).toContainEqual(gpus);
    const failed = checks.filter(({ check, result }) => check === 'sealing' && result === 'fail');
    expect(failed).not.toEqual([]);
    for (const { found, fix } of failed) expect(`${found}; ${fix}`).toMatch(/.+; \w+ .+/);
  });

  test('says which GPUs cannot be had', async () => {
    const found = expect.stringMatching(
      /^CUDA_VISIBLE_DEVICES is "9": 9 is not among the GPUs of this machine$/,
    );
    const fix = expect.stringMatching(/^name others as nvidia-smi -L lists them/);
    expect(await checked(EIGHT, '9')).toContainEqual({ check: 'GPUs', result: 'fail', found, fix });
  });
});

test('the doctor asks what a run can do in the surroundings of a run, not in those of the shell', async () => {
  const sealing = async (env: Record<string, string>) => {
    const said = await saidBy(main, ['doctor', '--dir', join(dir, 'lanes'), '-o', 'json'], env);
    const checks = JSON.parse(said.out) as { check: string; found: string }[];
    return checks.filter(({ check }) => check === 'sealing').map(({ found }) => found);
  };
  const plain = await sealing({});
  expect(plain.join('\n')).toContain('best confinement');
  expect(await sealing({ KUBERNETES_SERVICE_HOST: '127.0.0.1', TMPDIR: dir })).toEqual(plain);
});
