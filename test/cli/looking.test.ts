// Commands that only look, beside a controller that writes.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { read } from '../../controller/cli/reading.ts';
import { keys } from '../../controller/core/keys.ts';
import { encode } from '../../controller/ledger.ts';
import { autoresearch, heard, start } from './command.ts';

let dir: string;
let store: DirectoryStore;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'looking-'));
  store = new DirectoryStore(join(dir, 'store'));
  const lane = ['--dir', dir, '--clock', 'virtual', '--budget', '0.5s', '--plain', '--proposer', 'null'];
  const ran = await autoresearch('dev', ...lane, '--experiments', '1');
  expect(ran.code, ran.err).toBe(0);
}, 1_800_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

test('an export changes nothing in the store, where a controller may have written meanwhile', async () => {
  const rows = await readFile(join(dir, 'store', keys.results('main')), 'utf8');
  const newer = `${rows}a row that the export has not seen\n`;
  await store.put(keys.results('main'), new TextEncoder().encode(newer));
  const out = join(dir, 'out');
  const exported = await autoresearch('export', out, '--dir', dir);
  expect(exported.code, exported.err).toBe(0);
  expect(await readFile(join(dir, 'store', keys.results('main')), 'utf8')).toBe(newer);
  expect(await readFile(join(out, 'results.tsv'), 'utf8')).toBe(rows);
  expect(await readFile(join(out, 'progress.svg'), 'utf8')).toMatch(/^<svg/);
});

test('logs -f shows the end of a log whose run was put away before the last look', async () => {
  const { ledger } = await read({ dir });
  const baseline = ledger.decisions[0]!;
  const id = String(ledger.nextId).padStart(6, '0');
  const proposal = {
    experiment: id,
    description: 'by hand',
    hypothesis: '',
    source: 'human',
    base: baseline.commit,
    trainPy: 'print(9)\n',
    program: '',
    stackOf: null,
    createdMs: 0,
  };
  await store.putIfAbsent(keys.proposal('main', Number(id)), encode(proposal));
  const run = join(dir, 'runs', `main-${id}-a1`);
  await mkdir(join(run, 'result'), { recursive: true });
  await writeFile(join(run, 'result', 'run.log'), 'step 1\n');
  const following = start('logs', '-f', String(Number(id)), '--dir', dir);
  await heard(following.stdout!, 'step 1');
  const log = 'step 1\nval_bpb: 2.000000\n';
  await store.putIfAbsent(keys.attempt('main', id, 1, 'run.log'), new TextEncoder().encode(log));
  await rm(run, { recursive: true });
  const judged = { experiment: id, status: 'discard', reason: 'worse', seq: 99, attempts: 1 };
  await store.putIfAbsent(keys.record('main', id), encode({ ...baseline, ...judged }));
  const { stdout, exitCode } = await following;
  expect([exitCode, `${stdout}\n`]).toEqual([0, log]);
});
