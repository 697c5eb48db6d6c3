// Which GPUs are here, and which of them a person means.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chooseGpus, listGpus, parseList } from '../../../controller/adapters/process/gpus.ts';

const A = 'GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77';
const B = 'GPU-5d5ba0d6-ffff-2b2c-524d-9e3d8d2b8a78';
const C = 'GPU-00112233-4455-6677-8899-aabbccddeeff';
const M1 = 'MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f';
const M2 = 'MIG-GPU-00112233-4455-6677-8899-aabbccddeeff/2/0';
/** Two whole GPUs and one that is divided, by an old and by a new driver's kind of UUID. */
const LISTED = `GPU 0: NVIDIA H200 (UUID: ${A})
GPU 1: NVIDIA H200 (UUID: ${B})
GPU 2: NVIDIA A100-SXM4-40GB (UUID: ${C})
  MIG 1g.5gb      Device  0: (UUID: ${M1})
  MIG 1g.5gb      Device  1: (UUID: ${M2})
`;
const found = { gpus: parseList(LISTED), trouble: '' };

describe('named are', () => {
  test.each<[string, string | null, readonly string[]]>([
    ['all, and of a divided one its parts, where nothing is said', null, [A, B, M1, M2]],
    ['one by its number', '1', [B]],
    ['several in the order that was given', ' 1, 0', [B, A]],
    ['one by its UUID', A, [A]],
    ['one by the beginning of its UUID, as CUDA has it', 'GPU-5d5ba0d6-f', [B]],
    ['MIG devices', `${M2},${M1}`, [M2, M1]],
  ])('%s', (_, named, uuids) => {
    expect(chooseGpus(found, named, '--gpus')).toEqual(uuids);
  });

  test.each<[string, string, RegExp]>([
    ['a number that is not there', '7', /^--gpus is "7": 7 is not among .*; name others .*0 \(NVIDIA H200\)/],
    ["another machine's UUID", 'GPU-99999999', /not among the GPUs of this machine; name others/],
    ['garbage', 'all', /"all" names no GPU; give numbers or UUIDs/],
    ['a word that hides GPUs from CUDA', '-1', /"-1" names no GPU; give/],
    ['nothing', '', /an empty name names no GPU; give/],
    ['a comma too many', '0,', /an empty name names no GPU; give/],
    ['one twice', `0,${A}`, /named twice; name it once$/],
    ['what may be either of two', 'GPU-5d5ba0d6', /begins more than one UUID; write more of it$/],
    ['a GPU that is divided', '2', /^--gpus is "2": 2 is divided; name its MIG devices instead: MIG-c6d4/],
  ])('refused, with what to do: %s', (_, named, sentence) => {
    expect(chooseGpus(found, named, '--gpus')).toMatch(sentence);
  });

  test('none where there are none', () => {
    const trouble = 'nvidia-smi says: Driver/library version mismatch';
    expect(chooseGpus({ gpus: [], trouble }, '0', '--gpus')).toBe(
      `no NVIDIA GPU is found here (${trouble}); install NVIDIA's driver, or use --trainer cpu`,
    );
  });
});

describe('the GPUs of a machine', () => {
  let dir: string;
  const at = (name: string) => join(dir, name);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gpus-'));
    const places: [string, string, string, string][] = [
      ['0000:0a:00.0', 'NVIDIA L4', B, '1'],
      ['0000:09:00.0', 'NVIDIA L4', A, '0'],
      ['0000:0b:00.0', 'NVIDIA L4', C, '2'],
    ];
    for (const [place, model, uuid, minor] of places) {
      await mkdir(join(dir, 'proc', place), { recursive: true });
      const facts = `Model: \t\t ${model}\nIRQ:   \t\t 5\nGPU UUID: \t ${uuid}\nDevice Minor: \t ${minor}\n`;
      await writeFile(join(dir, 'proc', place, 'information'), facts);
    }
    await mkdir(at('dev'));
    for (const minor of ['0', '1']) await writeFile(join(dir, 'dev', `nvidia${minor}`), '');
    const scripts = {
      lists: `cat <<'END'\n${LISTED}END`,
      fails: 'echo "Failed to initialize NVML" >&2; exit 9',
    };
    for (const [name, script] of Object.entries(scripts)) {
      await mkdir(at(name));
      await writeFile(join(dir, name, 'nvidia-smi'), `#!/bin/sh\n[ "$1" = -L ] || exit 2\n${script}\n`);
      await chmod(join(dir, name, 'nvidia-smi'), 0o755);
    }
  });
  afterAll(() => rm(dir, { recursive: true }));
  const asked = (path: string, proc: string) =>
    listGpus({ env: { PATH: `${at(path)}:/usr/bin:/bin` }, proc: at(proc), dev: at('dev') });

  test('are those that nvidia-smi lists', async () => {
    expect(await asked('lists', 'proc')).toEqual(found);
  });

  test.each([
    ['is missing', 'none', 'nvidia-smi is not installed'],
    ['fails', 'fails', 'nvidia-smi says: Failed to initialize NVML'],
  ])(
    'are those that the kernel shows and this container has, where nvidia-smi %s',
    async (_, path, trouble) => {
      const gpu = { name: 'NVIDIA L4', parts: [] };
      expect(await asked(path, 'proc')).toEqual({
        gpus: [
          { ...gpu, index: 0, uuid: A },
          { ...gpu, index: 1, uuid: B },
        ],
        trouble,
      });
      expect(await asked(path, 'nowhere')).toEqual({ gpus: [], trouble });
    },
  );
});
