// `export --wandb` with the real package, installed from PyPI into a folder of its own: W&B's own classes read the runs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { autoresearch } from '../command.ts';
import { storedLane } from '../stored.ts';

const uv = join(import.meta.dirname, '..', '..', '..', '.tools', 'uv', 'bin', 'uv');
const WANDB = 'wandb==0.31.0';

/** The messages of all offline runs, by W&B's own classes. They lie in its file as in a log of LevelDB, after 7 bytes. */
const READ = `
import glob, json, struct, sys
from wandb.proto import wandb_internal_pb2 as pb

BLOCK, HEADER = 32768, 7

def messages(data):
    at, begun = HEADER, b""
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        size, kind = struct.unpack_from("<HB", data, at + 4)
        begun += data[at + HEADER : at + HEADER + size]
        at += HEADER + size
        if kind in (1, 4):
            yield begun
            begun = b""

def values(items):
    return {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in items}

runs = []
for path in sorted(glob.glob(sys.argv[1] + "/wandb/offline-run-*/*.wandb")):
    told = {"history": []}
    for data in messages(open(path, "rb").read()):
        record = pb.Record()
        record.ParseFromString(data)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run = record.run
            told |= {"id": run.run_id, "name": run.display_name, "notes": run.notes, "project": run.project}
            told |= {"tags": list(run.tags), "config": values(run.config.update)}
        if kind == "history":
            told["history"].append(values(record.history.item))
        if kind == "exit":
            told["exit"] = record.exit.exit_code
    runs.append(told)
print(json.dumps(sorted(runs, key=lambda run: run["id"])))
`;

let dir: string;
let python: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wandb-'));
  python = join(dir, 'venv', 'bin', 'python');
  await execa(uv, ['venv', '-q', join(dir, 'venv')]);
  await execa(uv, ['pip', 'install', '-q', '--python', python, WANDB]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('each experiment is an offline run that W&B reads with its numbers', async () => {
  await using lane = await storedLane({ lost: '000002' });
  await lane.run(3);
  const out = join(dir, 'out');
  const { code, err } = await autoresearch('export', out, '--dir', lane.dir, '--wandb');
  expect(code, err).toBe(0);
  expect(err).toContain('wandb-offline.py makes offline runs');
  const env = {
    WANDB_SILENT: 'true',
    WANDB_CONFIG_DIR: join(dir, 'config'),
    WANDB_CACHE_DIR: join(dir, 'cache'),
  };
  await execa(python, [join(out, 'wandb-offline.py')], { env });
  const { stdout } = await execa(python, ['-c', READ, out], { env });
  const told: { id: string; name: string }[] = JSON.parse(stdout);
  expect(told.map(({ name }) => name)).toEqual(['0 keep', '1 keep', '2 crash', '3 keep']);
  expect(told.at(-1)).toMatchObject({
    id: expect.stringMatching(/^main-000003-[0-9a-f]{12}$/),
    project: 'autoresearch-main',
    tags: ['keep'],
    config: { status: 'keep', experiment: '000003' },
    history: [expect.objectContaining({ experiment: 3, val_bpb: 2.47 })],
    exit: 0,
  });
});
